"""Addresses as they are given to the command, each as the digest that names it in the topic."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.domain.subject import Subject, subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Subject", "Unreadable", "once_each", "read_lines", "subject"]


class Unreadable(NamedTuple):
    """A line without an address."""

    line: int
    reason: str


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
