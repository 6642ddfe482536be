"""What a mail says, as it was asked for and as two parsers that share no code read it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from email import message_from_bytes, message_from_string, policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import TYPE_CHECKING

from fast_mail_parser import parse_email, parse_email_tree

from app.domain.message import Address
from tests.unit.composer.mails import NOW, PLAIN, SHOP, TRAIL, check_wire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from email.message import MIMEPart

    from fast_mail_parser import PyAddress, PyMimePart

    from app.domain.message import Attachment, Message
    from app.domain.smtp import Composed

# Leaves what it writes as it was read, so that an attached mail can be compared.
_EXACT = policy.default.clone(linesep="\r\n", refold_source="none", cte_type="8bit")
_FALLBACK = re.compile(rb'(\r\n filename\*[^\r]*);\r\n filename="[^"\r]*"')

# A recipient for Bcc: nothing of it may stand in the mail.
HIDDEN = Address("somebody", "hidden.example", "Somebody")
NOBODY = "undisclosed-recipients:;"

Mailbox = tuple[str, str]


@dataclass(frozen=True)
class File:
    name: str
    content_type: str
    content: bytes
    content_id: str | None
    disposition: str


@dataclass(frozen=True)
class Seen:
    """Line ends of text and html are LF; headers only those of the producer."""

    subject: str
    sender: list[Mailbox]
    to: list[Mailbox]
    cc: list[Mailbox]
    reply_to: list[Mailbox]
    headers: dict[str, list[str]]
    text: str | None
    html: str | None
    files: list[File]


def check(message: Message) -> Composed:
    """Compose it and compare what both parsers read with what was asked."""
    composed = PLAIN.compose(message, TRAIL, message.recipients, now=NOW)
    check_wire(composed.content, ascii_only=not composed.envelope.smtputf8)
    asked = as_asked(message)
    names = list(message.headers)
    assert _with_mails(asked, _rewritten) == as_stdlib_reads(composed, names)
    assert _with_mails(asked, _bare) == as_rust_reads(_bare(composed.content), names)
    assert composed.envelope.recipients == tuple(each.spec for each in message.recipients)
    assert HIDDEN.domain.encode() not in composed.content
    return composed


def as_asked(message: Message) -> Seen:
    alone = not message.attachments and (message.text is None or message.html is None)
    shown = [each for each in message.attachments if _is_shown(each, message)]
    others = [each for each in message.attachments if not _is_shown(each, message)]
    return Seen(
        subject=message.subject or "",
        sender=_mailboxes((message.sender or SHOP,)),
        to=_mailboxes(message.to),
        cc=_mailboxes(message.cc),
        reply_to=_mailboxes(message.reply_to),
        headers={name: [value] for name, value in message.headers.items()},
        text=_lines(message.text, alone=alone),
        html=_lines(message.html, alone=alone),
        files=[_file(each) for each in (*shown, *others)],
    )


def as_stdlib_reads(composed: Composed, headers: Sequence[str]) -> Seen:
    mail = message_from_bytes(composed.content, policy=_EXACT)
    bodies = {part.get_content_type(): part for part in _leaves(mail) if not _is_file(part)}
    return Seen(
        subject=str(mail["Subject"]),
        sender=_stdlib_mailboxes(composed, "From"),
        to=_stdlib_mailboxes(composed, "To"),
        cc=_stdlib_mailboxes(composed, "Cc"),
        reply_to=_stdlib_mailboxes(composed, "Reply-To"),
        headers={name: [str(value) for value in mail.get_all(name, [])] for name in headers},
        text=_lines(_stdlib_body(bodies.get("text/plain")), alone=not mail.is_multipart()),
        html=_lines(_stdlib_body(bodies.get("text/html")), alone=not mail.is_multipart()),
        files=[_stdlib_file(part) for part in _leaves(mail) if _is_file(part)],
    )


def as_rust_reads(content: bytes, headers: Sequence[str]) -> Seen:
    """`content` has each file's name once: of two forms this parser takes the ASCII one."""
    mail, parts = parse_email(content), list(_rust_leaves(parse_email_tree(content)))
    assert not mail.warnings
    bodies = {part.content_type: part for part in parts if part.disposition is None}
    return Seen(
        subject=mail.subject,
        sender=_rust_mailboxes([mail.from_] if mail.from_ else []),
        to=_rust_mailboxes(mail.to),
        cc=_rust_mailboxes(mail.cc),
        reply_to=_rust_mailboxes(mail.reply_to),
        headers={name: mail.headers.get(name, []) for name in headers},
        text=_lines(_rust_body(bodies.get("text/plain")), alone=len(parts) == 1),
        html=_lines(_rust_body(bodies.get("text/html")), alone=len(parts) == 1),
        files=[
            File(
                part.filename,
                part.content_type,
                part.content or b"",
                part.content_id,
                part.disposition,
            )
            for part in parts
            if part.disposition is not None
        ],
    )


def _bare(content: bytes) -> bytes:
    """File names in RFC 2231's form only, also those in attached mails."""
    return _FALLBACK.sub(rb"\1", content)


def _rewritten(content: bytes) -> bytes:
    """As the standard library writes a mail that it has read; it adds line ends to broken ones."""
    return message_from_bytes(content, policy=_EXACT).as_bytes().rstrip(b"\r\n")


def _with_mails(seen: Seen, change: Callable[[bytes], bytes]) -> Seen:
    """Attached mails changed in the way in which the parser at hand changes them."""
    files = [
        replace(file, content=change(file.content))
        if file.content_type == "message/rfc822"
        else file
        for file in seen.files
    ]
    return replace(seen, files=files)


def _is_shown(attachment: Attachment, message: Message) -> bool:
    inline = attachment.disposition == "inline" and attachment.content_id is not None
    return inline and message.html is not None


def _file(attachment: Attachment) -> File:
    content, content_type = attachment.content, attachment.content_type.partition(";")[0].lower()
    if content_type.startswith("message/"):
        lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
        if lines.isascii() and b"\0" not in lines and max(map(len, lines.split(b"\r\n"))) <= 998:
            content = lines
        else:
            content_type = "application/octet-stream"
    return File(
        attachment.filename,
        content_type,
        content,
        attachment.content_id,
        attachment.disposition,
    )


def _mailboxes(given: Sequence[Address]) -> list[Mailbox]:
    return [(each.name, each.spec) for each in given]


def _lines(text: str | None, *, alone: bool) -> str | None:
    """A text that is the whole body may get a last line end, which no mail is without."""
    if text is None:
        return None
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return lines.removesuffix("\n") if alone else lines


def _leaves(part: MIMEPart) -> Iterator[MIMEPart]:
    if part.get_content_maintype() != "multipart":
        yield part
        return
    for child in part.iter_parts():
        yield from _leaves(child)


def _is_file(part: MIMEPart) -> bool:
    return part.get_content_disposition() is not None


def _stdlib_mailboxes(composed: Composed, name: str) -> list[Mailbox]:
    """By the older interface: the newer one leaves a space between the encoded words of a name."""
    head = composed.content.partition(b"\r\n\r\n")[0].decode()
    value = message_from_string(head).get(name, NOBODY)
    found = [] if value == NOBODY else getaddresses([value])
    return [(str(make_header(decode_header(shown))), spec) for shown, spec in found]


def _stdlib_body(part: MIMEPart | None) -> str | None:
    if part is None:
        return None
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def _stdlib_file(part: MIMEPart) -> File:
    if part.get_content_maintype() == "message":
        (inner,) = part.iter_parts()
        content = inner.as_bytes().rstrip(b"\r\n")
    else:
        decoded = part.get_payload(decode=True)
        assert isinstance(decoded, bytes)
        content = decoded
    identifier = part["Content-ID"]
    return File(
        # `get_filename` takes quotation marks and angle brackets off that are the name's own.
        part["Content-Disposition"].params.get("filename", ""),
        part.get_content_type(),
        content,
        str(identifier)[1:-1] if identifier else None,
        part.get_content_disposition() or "",
    )


def _rust_leaves(part: PyMimePart) -> Iterator[PyMimePart]:
    if part.is_message or not part.children:
        yield part
        return
    for child in part.children:
        yield from _rust_leaves(child)


def _rust_mailboxes(found: Sequence[PyAddress]) -> list[Mailbox]:
    return [(each.display_name or "", each.address) for each in found]


def _rust_body(part: PyMimePart | None) -> str | None:
    return None if part is None else (part.content or b"").decode()
