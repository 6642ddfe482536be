"""The series of one label, found without a call once it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

SeriesT = TypeVar("SeriesT")


class ByLabel(dict[str, SeriesT]):
    """`find` gives the series of a label's value; it is asked once for each value."""

    def __init__(self, find: Callable[[str], SeriesT]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, value: str) -> SeriesT:
        found = self[value] = self._find(value)
        return found
