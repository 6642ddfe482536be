"""Reading SMTP replies from a byte stream (RFC 5321 4.2, enhanced codes by RFC 3463)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.domain.errors import MailerError
from app.domain.smtp import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINE: Final = 8_192
"""Octets of one line; RFC 5321 allows 512, relays with links in their refusals exceed that."""
MAX_REPLY: Final = 65_536
"""Octets of one reply with all its lines."""
_SHORT: Final = 512
"""Octets of replies that are worth keeping."""

_LINE: Final = re.compile(rb"([2-5][0-9]{2})(?:([ -])([^\r]*))?\r?")
_ENHANCED: Final = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s+|$)")


class MalformedReply(MailerError):
    """What the relay sent is no SMTP reply; the stream cannot be trusted any further."""


class ReplyParser:
    """Cuts a stream into replies, however it arrives."""

    __slots__ = ("_lines", "_rest", "_size")

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._size = 0

    @property
    def between_replies(self) -> bool:
        """Nothing of a further reply has arrived."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> Iterable[Reply]:
        """Give each reply that is complete; must be iterated to its end.

        Raises:
            MalformedReply: at the first octet that cannot be part of a reply, after those before.
        """
        if not self._rest and not self._lines and len(data) <= _SHORT:
            known = _flight(data)
            if known is not None:
                return known
        return self._read(data)

    def _read(self, data: bytes) -> Iterator[Reply]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            reply = None if self._lines else _whole(line)
            if reply is not None or (reply := self._take(line)) is not None:
                yield reply
        if len(self._rest) > MAX_LINE:
            raise MalformedReply(f"a reply line of over {MAX_LINE} octets")
        if self._rest[:1] not in b"2345":
            raise MalformedReply("not an SMTP reply")

    def _take(self, line: bytes) -> Reply | None:
        match = _LINE.fullmatch(line)
        if match is None or len(line) > MAX_LINE:
            raise MalformedReply("not an SMTP reply")
        code, mark, text = match.groups(b"")
        if mark == b"-":
            self._size += len(line)
            if self._size > MAX_REPLY:
                raise MalformedReply(f"a reply of over {MAX_REPLY} octets")
            self._lines.append(text)
            return None
        lines, self._lines, self._size = (*self._lines, text), [], 0
        return _build(int(code), *lines)


@lru_cache(maxsize=32)
def _flight(data: bytes) -> tuple[Reply, ...] | None:
    """Replies of one line each and nothing else, as most relays answer every flight alike.

    None for anything else, which is read line by line.
    """
    *lines, rest = data.split(b"\n")
    replies = tuple(reply for reply in map(_whole, lines) if reply is not None)
    return replies if not rest and len(replies) == len(lines) else None


@lru_cache(maxsize=128)
def _whole(line: bytes) -> Reply | None:
    """A reply of one line: most are, and the same for every message, hence the cache.

    None for any other line, which `_take` looks at more closely.
    """
    text = line[:-1] if line.endswith(b"\r") else line
    code = text[:3]
    if (
        len(code) < 3
        or not code.isdigit()
        or not b"2" <= code < b"6"
        or text[3:4] not in b" "
        or b"\r" in text
        or len(line) > MAX_LINE
    ):
        return None
    return _build(int(code), text[4:])


def _build(code: int, *lines: bytes) -> Reply:
    texts = [line.decode("utf-8", "replace").strip() for line in lines]
    enhanced = next((found[1] for text in texts if (found := _ENHANCED.match(text))), None)
    if enhanced is not None:
        # Relays repeat the enhanced code on every line.
        texts = [
            text[found.end() :] if (found := _ENHANCED.match(text)) else text for text in texts
        ]
    text = " ".join(filter(None, texts))
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return Reply(code, enhanced, text)
