"""What a relay offers in its EHLO reply (RFC 5321 4.1.1.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Features:
    """`size` is announced at all; `max_size` the largest message in octets, None for no limit."""

    pipelining: bool = False
    chunking: bool = False
    smtputf8: bool = False
    dsn: bool = False
    size: bool = False
    max_size: int | None = None

    @classmethod
    def read(cls, extensions: Mapping[str, str]) -> Features:
        """From keyword (lower case) and parameters, as aiosmtplib gives them."""
        words = extensions.get("size", "").split()
        limit = int(words[0]) if words and words[0].isascii() and words[0].isdigit() else 0
        return cls(
            pipelining="pipelining" in extensions,
            chunking="chunking" in extensions,
            smtputf8="smtputf8" in extensions,
            dsn="dsn" in extensions,
            size="size" in extensions,
            max_size=limit or None,
        )
