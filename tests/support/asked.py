"""Messages of every make, as records ask for them, and what their readers are to find."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any, Final

from app.composer import Composer, ComposerConfig
from app.domain.record import Record
from app.intake.decode import Decoder, DecoderConfig

if TYPE_CHECKING:
    from collections.abc import Mapping
    from email.message import EmailMessage, MIMEPart

    from app.domain.smtp import Composed

NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
NOW_MS: Final = int(NOW.timestamp() * 1000)
MOST_BYTES: Final = 30_000_000
COMPOSER: Final = Composer(
    ComposerConfig(default_from="Shop <shop@example.com>", max_bytes=MOST_BYTES)
)
DECODER: Final = Decoder(DecoderConfig(max_bytes=MOST_BYTES))

EVERY_OCTET: Final = bytes(range(256)) * 40
LARGE: Final = EVERY_OCTET * 40
INNER: Final = b"Subject: inner\r\n\r\n.\r\n..\r\nFrom here on\r\n"
DOTS: Final = "\n".join(
    [".", "..", "...", " .", ". ", "From me", "end.", "", "=", "a" * 2_000, "trailing  ", "", "."]
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail as somebody reads it; files are (name, type, content)."""

    subject: str
    sender: tuple[str, str] = ("Shop", "shop@example.com")
    to: tuple[tuple[str, str], ...] = (("", "ann@example.com"),)
    cc: tuple[tuple[str, str], ...] = ()
    reply_to: tuple[tuple[str, str], ...] = ()
    text: str | None = None
    html: str | None = None
    files: tuple[tuple[str | None, str, bytes], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """A record's value without its id, what is to be seen, and who is to get it."""

    fields: Mapping[str, Any]
    seen: Seen
    recipients: tuple[str, ...] = ("ann@example.com",)


def attached(content: bytes, **fields: str) -> dict[str, str]:
    return {"content": base64.b64encode(content).decode(), **fields}


def _plain(text: str) -> Asked:
    return Asked(
        {"to": "ann@example.com", "subject": "Plain", "text": text}, Seen("Plain", text=text)
    )


ASKED: Final[Mapping[str, Asked]] = {
    "text": _plain("How are you?\n"),
    "dots": _plain(DOTS),
    "scripts": _plain("Grüße, 你好, Привет, \N{ROCKET}" * 50),
    "html": Asked(
        {"to": "ann@example.com", "subject": "Html", "html": "<p>Grüße</p>\n<p>.</p>\n"},
        Seen("Html", html="<p>Grüße</p>\n<p>.</p>\n"),
    ),
    "everything": Asked(
        {
            "from": {"name": 'Müller & "Söhne", Köln', "address": "post@müller.example"},
            "to": ['"Doe, Ann" <ann@example.com>', "bob@example.org"],
            "cc": {"name": "Zoë", "address": "zoe@example.com"},
            "bcc": ["secret@example.com", "hidden@example.com"],
            "reply_to": "Hilfe für alle <help@example.com>",
            "subject": "Grüße an alle — " + "sehr lang " * 30,
            "text": "Text",
            "html": '<p>Html</p><img src="cid:logo@example.com">',
            "headers": {"X-Campaign": "spring", "X-Long": "Wörter " * 40, "References": "<1@a.b>"},
            "attachments": [
                attached(
                    b"GIF89a\0", filename="logo.gif", content_type="image/gif",
                    disposition="inline", content_id="logo@example.com",
                ),
                attached(
                    EVERY_OCTET, filename="Übersicht 2026.pdf", content_type="application/pdf"
                ),
                attached(b"a;b\r\n", filename="a.csv", content_type="text/csv"),
                attached(b"no name"),
                attached(b"", filename="empty.txt", content_type="text/plain"),
            ],
        },
        Seen(
            "Grüße an alle — " + ("sehr lang " * 30).strip(),
            ('Müller & "Söhne", Köln', "post@xn--mller-kva.example"),
            (("Doe, Ann", "ann@example.com"), ("", "bob@example.org")),
            (("Zoë", "zoe@example.com"),),
            (("Hilfe für alle", "help@example.com"),),
            "Text",
            '<p>Html</p><img src="cid:logo@example.com">',
            (
                ("logo.gif", "image/gif", b"GIF89a\0"),
                ("Übersicht 2026.pdf", "application/pdf", EVERY_OCTET),
                ("a.csv", "text/csv", b"a;b\r\n"),
                (None, "application/octet-stream", b"no name"),
                ("empty.txt", "text/plain", b""),
            ),
            {
                "X-Campaign": "spring",
                "X-Long": ("Wörter " * 40).strip(),
                "References": "<1@a.b>",
            },
        ),
        (
            "ann@example.com", "bob@example.org", "zoe@example.com",
            "secret@example.com", "hidden@example.com",
        ),
    ),
    "a mail attached": Asked(
        {
            "to": "ann@example.com",
            "subject": "Forwarded",
            "text": "See below",
            "attachments": [attached(INNER, filename="a.eml", content_type="message/rfc822")],
        },
        Seen("Forwarded", text="See below", files=(("a.eml", "message/rfc822", INNER),)),
    ),
    "many blocks": Asked(
        {
            "to": "ann@example.com",
            "subject": "Large",
            "text": "",
            "attachments": [attached(LARGE, filename="large", content_type="a/b")],
        },
        Seen("Large", text="", files=(("large", "a/b", LARGE),)),
    ),
    "many recipients": Asked(
        {
            "to": "ann@example.com",
            "bcc": [f"r{number}@example.com" for number in range(119)],
            "subject": "News",
            "text": "Hello",
        },
        Seen("News", text="Hello"),
        ("ann@example.com", *(f"r{number}@example.com" for number in range(119))),
    ),
    "no name for anybody": Asked(
        {"bcc": "ann@example.com", "envelope_from": "<>", "subject": "Bcc", "text": "Hello"},
        Seen("Bcc", to=(), text="Hello"),
    ),
    "a template": Asked(
        {
            "to": "ann@example.com",
            "template": "notification",
            "data": {"title": "Grüße", "body": "a < b\n.\n"},
        },
        # What the template says of it is the composer's to prove.
        Seen("Grüße", text="…", html="…"),
    ),
}  # fmt: skip


def composed(identifier: str, fields: Mapping[str, Any]) -> Composed:
    """The record that asks for it, through decoder and composer."""
    value = json.dumps({"id": identifier, **fields}).encode()
    decoded = DECODER.decode(Record("email-queue", 0, 7, NOW_MS, None, value, ()))
    return COMPOSER.compose(decoded.message, decoded.trail, decoded.recipients, now=NOW)


def seen(mail: EmailMessage, like: Seen) -> Seen:
    """What its readers find; of the headers those that `like` has."""
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    bodies = {text, html}
    return Seen(
        str(mail["Subject"]),
        _mailboxes(mail, "From")[0],
        _mailboxes(mail, "To"),
        _mailboxes(mail, "Cc"),
        _mailboxes(mail, "Reply-To"),
        _words(mail, text, like.text),
        _words(mail, html, like.html),
        tuple(
            (part.get_filename(), part.get_content_type(), _octets(part))
            for part in _leaves(mail)
            if part not in bodies
        ),
        {name: str(mail[name]) for name in like.headers},
    )


def _words(mail: EmailMessage, part: MIMEPart | None, like: str | None) -> str | None:
    if part is None:
        return None
    words = _octets(part).decode().replace("\r\n", "\n")
    if part is mail and like is not None and not like.endswith("\n"):
        # A mail ends in a line end, also where its only text has none.
        return words.removesuffix("\n")
    return words


def _octets(part: MIMEPart) -> bytes:
    if part.get_content_maintype() == "message":
        inner: EmailMessage = part.get_content()
        return inner.as_bytes().replace(b"\n", b"\r\n")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def _leaves(part: MIMEPart) -> list[MIMEPart]:
    if not part.is_multipart() or part.get_content_maintype() == "message":
        return [part]
    return [leaf for each in part.iter_parts() for leaf in _leaves(each)]


def _mailboxes(mail: EmailMessage, name: str) -> tuple[tuple[str, str], ...]:
    """Names decoded by RFC 2047: the parser's own policy leaves spaces between encoded words."""
    raw = dict(mail.raw_items()).get(name, "")
    return tuple(
        (str(make_header(decode_header(shown))), spec)
        for shown, spec in getaddresses([str(raw)])
        if spec
    )
