"""What is asked for is what two parsers read, which share no code with each other or with us."""

from __future__ import annotations

from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest
from fast_mail_parser import ParseError, parse_email_tree
from hypothesis import given
from hypothesis import strategies as st

from app.domain.message import Address, Attachment, Message
from tests.unit.composer.mails import ANN, BOB, NOW, PLAIN, TRAIL, message
from tests.unit.composer.reading import HIDDEN, as_asked, as_stdlib_reads, check

if TYPE_CHECKING:
    from email.message import EmailMessage

# All of Unicode but what is refused: NUL and lone surrogates, in headers every control.
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=500)
LINES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]) | st.sampled_from(' "\\;,<>=?_@('),
    max_size=120,
).map(lambda line: line.strip(" "))
LONG = st.builds(lambda text, times: text * times, TEXTS, st.integers(1, 200))
# The second parser takes `=?` in an address for the beginning of an encoded word, of which RFC 2047
# 5 allows none there, and leaves those of the names that follow as they are. It has its test below.
LOCALS = st.from_regex(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,30}(\.[a-z]{1,10}){0,2}", fullmatch=True
).filter(lambda local: "=?" not in local)
ADDRESSES = st.builds(
    Address,
    LOCALS,
    st.sampled_from(["example.com", "xn--bcher-kva.example", "localhost", "a.b.c.example.org"]),
    st.one_of(st.just(""), LINES.map(str.strip)),
)
MAILBOXES = st.lists(ADDRESSES, max_size=4).map(tuple)
# What surrounds a file's name is lost in the standard library's parser.
# The standard library takes quotation marks off a name, and angle brackets as well.
FILE_NAMES = LINES.map(str.strip)
FILES = st.builds(
    Attachment,
    FILE_NAMES,
    st.sampled_from(["application/pdf", "text/plain", "text/csv; charset=latin-1", "image/png"]),
    st.binary(max_size=400) | LONG.map(str.encode),
    st.sampled_from(["attachment", "inline"]),
    st.none(),
)
HEADERS = st.dictionaries(
    st.from_regex(r"X-[A-Z][a-z0-9-]{0,40}", fullmatch=True), LINES, max_size=3
)


@st.composite
def messages(draw: st.DrawFn, depth: int = 2) -> Message:
    """Of any shape, mails within mails among them."""
    files = draw(st.lists(FILES, max_size=3))
    files += [
        Attachment(f"{number}.png", "image/png", b"\x89", "inline", f"picture-{number}")
        for number in range(draw(st.integers(0, 2)))
    ]
    if depth and draw(st.booleans()):
        inner = check(draw(messages(depth - 1)))
        files.append(Attachment(draw(FILE_NAMES), "message/rfc822", inner.content))
    text, html = draw(st.none() | TEXTS | LONG), draw(st.none() | TEXTS | LONG)
    return Message(
        id="m-1",
        sender=draw(st.none() | ADDRESSES),
        to=draw(MAILBOXES),
        cc=draw(MAILBOXES),
        bcc=(*draw(MAILBOXES), HIDDEN),
        reply_to=draw(MAILBOXES),
        subject=draw(LINES),
        text="" if text is None and html is None else text,
        html=html,
        headers=draw(HEADERS),
        attachments=tuple(files),
    )


@given(messages())
def test_any_message_is_read_back(asked: Message) -> None:
    check(asked)


def test_an_address_that_looks_like_an_encoded_word_is_read_back() -> None:
    joerg = Address("joerg", "example.com", "J\u00f6rg")
    asked = message(
        cc=(Address("=?utf-8?q?a?=", "example.com"), joerg, Address("=?", "example.com"))
    )
    composed = PLAIN.compose(asked, TRAIL, asked.recipients, now=NOW)
    assert as_asked(asked) == as_stdlib_reads(composed, ())


@pytest.mark.parametrize(
    "fields",
    [
        {"to": (), "bcc": (HIDDEN,)},
        {"to": (Address("jörg.müller", "example.com", "Jörg"), BOB), "cc": (ANN,)},
        {"text": "x" * 300_000, "html": "é" * 300_000},
        {"attachments": (Attachment("", "application/octet-stream", bytes(range(256)) * 5000),)},
        {"to": tuple(Address(f"a{n}", "example.com", f"Größe, {n}") for n in range(500))},
        {"headers": {f"X-Header-{n}": f"value {n} é" * 20 for n in range(90)}},
        {"text": None, "html": "", "attachments": (Attachment("a", "image/png", b""),)},
        {"attachments": tuple(Attachment(f"{n}.txt", "text/plain", b"\r\n") for n in range(90))},
        {"text": "\n", "html": "\r"},
    ],
)
def test_messages_at_the_ends_of_what_is_allowed_are_read_back(fields: dict[str, Any]) -> None:
    check(message(**fields))


def test_cpythons_mails_are_read_back_when_attached(cpython_mails: list[bytes]) -> None:
    """As files, byte by byte, and as mails where they can be read at all."""
    for mail in cpython_mails:
        files = [Attachment("mail.txt", "application/octet-stream", mail)]
        if is_readable(mail):
            files.append(Attachment("mail.eml", "message/rfc822", mail))
        check(message(attachments=tuple(files)))


def test_what_cpythons_mails_say_is_read_back_in_mails_of_ours(cpython_mails: list[bytes]) -> None:
    for mail in cpython_mails:
        check(asked_like(mail))


def is_readable(raw: bytes) -> bool:
    try:
        parse_email_tree(raw)
    except ParseError:
        return False
    return True


def asked_like(raw: bytes) -> Message:
    """What a program would ask for that has read this mail and writes one of its own."""
    mail = message_from_bytes(raw, policy=policy.default)
    leaves = [part for part in mail.walk() if not part.is_multipart()]
    texts = [each for each in leaves if each.get_content_maintype() == "text"]
    contents = {each.get_content_type(): _content(each).decode("latin-1") for each in texts}
    return message(
        subject=" ".join(str(mail["Subject"] or "none").split()),
        headers={
            f"X-{name}": " ".join(str(value).split())
            for name, value in {name.title(): value for name, value in mail.items()}.items()
        },
        text=contents.get("text/plain", "").replace("\0", ""),
        html=contents.get("text/html", "").replace("\0", "") or None,
        attachments=tuple(
            Attachment(
                " ".join((each.get_filename() or "").split()),
                each.get_content_type(),
                _content(each),
                "inline" if each.get_content_disposition() == "inline" else "attachment",
            )
            for each in leaves
            if each.get_content_maintype() not in {"message", "multipart"}
        ),
    )


def _content(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""
