"""Who a suppression is about: an address as it is given, and the digest that names it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from app.domain.address_digest import raw_digest
from app.domain.addresses import mask_address, parse_address
from app.domain.errors import InvalidMessage

_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")


class Subject(NamedTuple):
    """`shown` stands for it in what is printed; `line` is 0 for an argument."""

    digest: bytes
    shown: str
    line: int = 0

    @property
    def place(self) -> str:
        return f"line {self.line}: " if self.line else ""


def subject(text: str, line: int = 0) -> Subject:
    """Of an address, or of a digest as `list` shows it; raises ValueError."""
    if _DIGEST.fullmatch(text):
        return Subject(bytes.fromhex(text), text.lower(), line)
    try:
        address = parse_address(text, "")
    except InvalidMessage as error:
        raise ValueError(error.reason) from None
    return Subject(raw_digest(address.spec), mask_address(address.spec), line)
