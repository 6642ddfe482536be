"""Label values that producers choose, kept to so many."""

from __future__ import annotations

from typing import Final

OTHER: Final = "other"
NONE: Final = "none"
_LONGEST: Final = 100


class BoundedLabel:
    """The first `most` values are told apart, all further ones are `other`.

    So is what is very long or looks like an address, which metrics never show.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: str | None) -> str:
        if not value:
            return NONE
        if value in self._known:
            return value
        if len(self._known) >= self._most or "@" in value or len(value) > _LONGEST:
            return OTHER
        self._known.add(value)
        return value
