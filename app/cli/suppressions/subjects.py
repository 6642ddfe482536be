"""Addresses as they are given to the command, each as the digest that names it in the topic."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.address_digest import raw_digest
from app.domain.addresses import mask_address, parse_address
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_DIGEST: Final = re.compile(r"[0-9a-fA-F]{64}")


class Subject(NamedTuple):
    """`shown` stands for it in what is printed; `line` is 0 for an argument."""

    digest: bytes
    shown: str
    line: int = 0

    @property
    def place(self) -> str:
        return f"line {self.line}: " if self.line else ""


class Unreadable(NamedTuple):
    """A line without an address."""

    line: int
    reason: str


def subject(text: str, line: int = 0) -> Subject:
    """Of an address, or of a digest as `list` shows it; raises ValueError."""
    if _DIGEST.fullmatch(text):
        return Subject(bytes.fromhex(text), text.lower(), line)
    try:
        address = parse_address(text, "")
    except InvalidMessage as error:
        raise ValueError(error.reason) from None
    return Subject(raw_digest(address.spec), mask_address(address.spec), line)


def read_lines(lines: Iterable[bytes]) -> tuple[list[Subject], list[Unreadable]]:
    """One address on each line; empty lines are passed over."""
    found: list[Subject] = []
    wrong: list[Unreadable] = []
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            if text:
                found.append(subject(text, number))
        except UnicodeDecodeError:
            wrong.append(Unreadable(number, "is not UTF-8 text"))
        except ValueError as error:
            wrong.append(Unreadable(number, str(error)))
    return found, wrong


def once_each(subjects: Sequence[Subject]) -> dict[bytes, Subject]:
    """By digest; of those given twice the first."""
    found: dict[bytes, Subject] = {}
    for each in subjects:
        found.setdefault(each.digest, each)
    return found
