"""Messages to compose, and what a receiver reads in the bytes."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, MIMEPart
from email.utils import getaddresses
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import strategies as st

from app.composer import Composer, ComposerConfig
from app.domain.errors import InvalidMessage
from app.domain.job import Trail
from app.domain.message import Address, Message
from app.domain.record import Origin

if TYPE_CHECKING:
    from pathlib import Path

    from app.domain.smtp import Composed

# What the composer takes in a header: no controls, no line breaks, no surrogates.
LINES = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=300
).filter(lambda text: text.strip(" ") == text)
NOW = datetime(2025, 11, 22, 8, 6, 5, tzinfo=UTC)
TRAIL = Trail(Origin("email-queue", 0, 7), first_seen_ms=1_763_798_000_000)
ANN = Address("ann", "example.com", "Ann Doe")
BOB = Address("bob", "example.org")
SHOP = Address("mail", "shop.example", "Shop")
PLAIN = Composer(ComposerConfig(default_from="Shop <mail@shop.example>"))


def message(**fields: Any) -> Message:
    """A text to Ann, unless said otherwise."""
    if not {"template", "text", "html"} & fields.keys():
        fields["text"] = "Hello"
    if "template" not in fields:
        fields.setdefault("subject", "Greetings")
    return Message(**{"id": "m-1", "to": (ANN,), **fields})


def compose(composer: Composer = PLAIN, /, **fields: Any) -> Composed:
    made = message(**fields)
    return composer.compose(made, TRAIL, made.recipients, now=NOW)


def read(composed: Composed) -> EmailMessage:
    """As the standard library's parser reads it, once the bytes have passed `check_wire`."""
    check_wire(composed.content)
    mail = message_from_bytes(composed.content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    for part in mail.walk():
        assert not part.defects
        for value in part.values():
            assert not [each for each in value.defects if "duplicate parameter" not in str(each)]
    return mail


def read_back(composer: Composer = PLAIN, /, **fields: Any) -> EmailMessage:
    return read(compose(composer, **fields))


def check_wire(content: bytes, *, ascii_only: bool = True) -> None:
    """What every relay may expect of what is sent it (RFC 5321 4.5.3.1.6, RFC 5322 2.1.1)."""
    assert not ascii_only or content.isascii()
    assert b"\0" not in content
    assert content.endswith(b"\r\n")
    bare = content.replace(b"\r\n", b"")
    assert b"\r" not in bare
    assert b"\n" not in bare
    assert b"\r\n.\r\n" not in content
    assert max(map(len, content.split(b"\r\n"))) <= 998


def header_lines(composed: Composed) -> list[str]:
    return composed.content.partition(b"\r\n\r\n")[0].decode().split("\r\n")


def addresses(composed: Composed, name: str) -> list[tuple[str, str]]:
    """Names and addresses; `policy.default` leaves a space between encoded words of one name."""
    raw = message_from_bytes(composed.content)[name]
    return [
        (str(make_header(decode_header(shown))), spec) for shown, spec in getaddresses([str(raw)])
    ]


def body(part: MIMEPart) -> str:
    """A text part's characters, line ends as LF."""
    content = part.get_content()
    assert isinstance(content, str)
    return content.replace("\r\n", "\n")


def structure(mail: MIMEPart) -> Any:
    """`type` of a leaf, (`type`, [parts]) of a multipart."""
    if not mail.is_multipart() or mail.get_content_maintype() == "message":
        return mail.get_content_type()
    return (mail.get_content_type(), [structure(part) for part in mail.iter_parts()])


def refusal(composer: Composer = PLAIN, /, **fields: Any) -> InvalidMessage:
    """The refusal that composing such a message ends in."""
    with pytest.raises(InvalidMessage) as caught:
        compose(composer, **fields)
    return caught.value


def composer_with(folder: Path) -> Composer:
    return Composer(ComposerConfig(default_from="mail@shop.example", templates=folder))


def both(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.iter_parts()
    return body(text), body(html)


def write(folder: Path, **files: str) -> None:
    """`news_html="…"` writes `news.html.j2`; its age is past what may still be being written."""
    for name, source in files.items():
        path = folder / f"{name.replace('_', '.')}.j2"
        path.write_text(source, encoding="utf-8")
        past = time.time() - 10 + len(source) / 1000
        os.utime(path, (past, past))
