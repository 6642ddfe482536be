"""What the dead letters are, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.outcomes.dead_letters.letter import moment

if TYPE_CHECKING:
    from app.outcomes.dead_letters.letter import DeadLetter

HOUR_MS: Final = 3_600_000
OTHERS: Final = "(others)"
UNKNOWN: Final = "(unknown)"
_MOST_NAMES: Final = 10_000


@dataclass(frozen=True, slots=True)
class Statistics:
    """`hours` by their beginning in epoch ms, oldest first; names by their number, most first."""

    letters: int
    replayed: int
    size: int
    kinds: tuple[tuple[str, int], ...]
    domains: tuple[tuple[str, int], ...]
    hours: tuple[tuple[int, int], ...]
    oldest: DeadLetter | None
    newest: DeadLetter | None

    def fields(self, top: int) -> dict[str, Any]:
        """As JSON takes it, with so many domains."""
        return {
            "letters": self.letters,
            "replayed": self.replayed,
            "bytes": self.size,
            "kinds": dict(self.kinds),
            "domains": dict(self.domains[:top]),
            "hours": {moment(hour): count for hour, count in self.hours},
            "oldest": self.oldest.fields() if self.oldest else None,
            "newest": self.newest.fields() if self.newest else None,
        }


class Tally:
    """Adds letters up; bounded, however many letters and names there are."""

    def __init__(self) -> None:
        self._replayed = 0
        self._size = 0
        self._letters = 0
        self._kinds: Counter[str] = Counter()
        self._domains: Counter[str] = Counter()
        self._hours: Counter[int] = Counter()
        self._oldest: DeadLetter | None = None
        self._newest: DeadLetter | None = None

    def add(self, letter: DeadLetter, *, replayed: bool) -> None:
        self._letters += 1
        self._replayed += replayed
        self._size += letter.record.size
        _count(self._kinds, letter.kind or UNKNOWN)
        domains = {spec.rpartition("@")[2].lower() for spec in letter.recipients}
        for domain in domains or {UNKNOWN}:
            _count(self._domains, domain or UNKNOWN)
        hour = letter.at_ms // HOUR_MS * HOUR_MS
        if hour in self._hours or len(self._hours) < _MOST_NAMES:
            self._hours[hour] += 1
        if self._oldest is None or letter.at_ms < self._oldest.at_ms:
            self._oldest = letter.without_value()
        if self._newest is None or letter.at_ms >= self._newest.at_ms:
            self._newest = letter.without_value()

    def statistics(self) -> Statistics:
        return Statistics(
            letters=self._letters,
            replayed=self._replayed,
            size=self._size,
            kinds=_ranked(self._kinds),
            domains=_ranked(self._domains),
            hours=tuple(sorted(self._hours.items())),
            oldest=self._oldest,
            newest=self._newest,
        )


def _count(names: Counter[str], name: str) -> None:
    names[name if name in names or len(names) < _MOST_NAMES else OTHERS] += 1


def _ranked(names: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(names.items(), key=lambda each: (-each[1], each[0])))
