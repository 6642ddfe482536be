"""A mail as the mailbox got it, read so that nothing in it can do harm."""

from __future__ import annotations

import functools
import itertools
from dataclasses import dataclass
from email import policy
from email.parser import BytesParser
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from email.message import EmailMessage

LONGEST_HEADER = 2000


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree that is no body: `number` counts them within the mail."""

    number: int
    filename: str
    content_type: str
    content: bytes
    content_id: str | None = None


@dataclass(frozen=True)
class ReceivedMail:
    """`recipients` are the envelope's, so Bcc shows; what cannot be decoded is shown as it is."""

    number: int
    received_at: datetime
    sender: str
    recipients: tuple[str, ...]
    raw: bytes

    @property
    def subject(self) -> str:
        return self.header("Subject")

    @functools.cached_property
    def message_id(self) -> str:
        return self.header("Message-ID").strip()

    @functools.cached_property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """All of them, decoded, in their order."""
        return tuple((name, _shown(self._message, at)) for at, name in enumerate(self._message))

    def header(self, name: str) -> str:
        """The first of that name, empty when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), "")

    @functools.cached_property
    def text(self) -> str | None:
        return self._body("text/plain")

    @functools.cached_property
    def html(self) -> str | None:
        return self._body("text/html")

    @functools.cached_property
    def parts(self) -> tuple[Part, ...]:
        """Attachments and inline images."""
        leaves = (leaf for leaf in self._leaves() if not _is_body(leaf))
        return tuple(itertools.starmap(_part, enumerate(leaves)))

    @functools.cached_property
    def _message(self) -> EmailMessage:
        return BytesParser(policy=policy.default).parsebytes(self.raw)

    def _leaves(self) -> Iterator[EmailMessage]:
        return (leaf for leaf in self._message.walk() if not leaf.is_multipart())

    def _body(self, content_type: str) -> str | None:
        for leaf in self._leaves():
            if leaf.get_content_type() == content_type and _is_body(leaf):
                return _decoded(leaf)
        return None


def _is_body(leaf: EmailMessage) -> bool:
    return (
        leaf.get_content_type() in {"text/plain", "text/html"}
        and not leaf.is_attachment()
        and not _filename(leaf)
    )


def _part(number: int, leaf: EmailMessage) -> Part:
    return Part(
        number=number,
        filename=_filename(leaf) or f"part-{number + 1}",
        content_type=leaf.get_content_type(),
        content=_bytes(leaf),
        content_id=str(leaf.get("Content-ID", "")).strip(" <>") or None,
    )


def _shown(message: EmailMessage, at: int) -> str:
    """A header's value in Unicode; its raw form when the library fails on it."""
    name, raw = list(message.raw_items())[at]
    try:
        value = str(message.policy.header_fetch_parse(name, raw))
    except Exception:  # noqa: BLE001 - the parser raises IndexError and others on hostile headers
        value = str(raw)
    return value.encode("utf-8", "replace").decode()[:LONGEST_HEADER]


def _filename(leaf: EmailMessage) -> str:
    try:
        name = leaf.get_filename() or ""
    except Exception:  # noqa: BLE001 - as above
        return "unreadable-name"
    printable = "".join(char for char in name if char.isprintable())
    return printable.replace("/", "_").replace("\\", "_")[:200]


def _bytes(leaf: EmailMessage) -> bytes:
    payload = leaf.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(leaf: EmailMessage) -> str:
    content = _bytes(leaf)
    try:
        text = content.decode(leaf.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = content.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")
