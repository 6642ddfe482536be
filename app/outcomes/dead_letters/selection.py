"""Which dead letters are meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.outcomes.dead_letters.letter import DeadLetter


@dataclass(frozen=True, slots=True)
class Selection:
    """Letters that match everything given; all of them when nothing is.

    One of the `kinds`, `types` and `ids` each; failed at or after `since_ms`, before `until_ms`
    (epoch milliseconds); the error's text has `text` in it, whatever its case.
    """

    kinds: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    since_ms: int | None = None
    until_ms: int | None = None
    text: str = ""

    def matches(self, letter: DeadLetter) -> bool:
        return (
            (not self.kinds or letter.kind in self.kinds)
            and (not self.types or letter.type in self.types)
            and (not self.ids or letter.id in self.ids)
            and (self.since_ms is None or letter.at_ms >= self.since_ms)
            and (self.until_ms is None or letter.at_ms < self.until_ms)
            and self.text.casefold() in letter.text.casefold()
        )


EVERYTHING = Selection()
