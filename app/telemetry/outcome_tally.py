"""How many messages came to what: since the start, and lately."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.telemetry.mail_log import MailEvent

_SLOT_S: Final = 10.0
_REMEMBERED_S: Final = 900.0


class Counts(NamedTuple):
    """By status, and by error kind where there is one."""

    statuses: dict[str, int]
    kinds: dict[str, int]


class OutcomeTally:
    """Counts in steps of ten seconds, so that what was `lately` is right to within one."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._total = _Slot(0)
        self._slots: deque[_Slot] = deque()

    def add(self, event: MailEvent) -> None:
        """A message that merely waits on is no outcome."""
        status, kind = event.status, event.kind
        if status is None:
            return
        slot = self._slot(int(self._clock() // _SLOT_S))
        self._total.statuses[status] += 1
        slot.statuses[status] += 1
        if kind is not None:
            self._total.kinds[kind] += 1
            slot.kinds[kind] += 1

    def _slot(self, number: int) -> _Slot:
        slots = self._slots
        if slots and slots[-1].number == number:
            return slots[-1]
        slots.append(_Slot(number))
        while slots[0].number <= number - _REMEMBERED_S / _SLOT_S:
            slots.popleft()
        return slots[-1]

    def total(self) -> Counts:
        return self._total.counts()

    def lately(self, seconds: float) -> Counts:
        """Of the last so many seconds, 900 at most."""
        first = int((self._clock() - seconds) // _SLOT_S) + 1
        found = _Slot(first)
        for slot in reversed(self._slots):
            if slot.number < first:
                break
            found.statuses += slot.statuses
            found.kinds += slot.kinds
        return found.counts()


class _Slot:
    __slots__ = ("kinds", "number", "statuses")

    def __init__(self, number: int) -> None:
        self.number = number
        self.statuses: Counter[str] = Counter()
        self.kinds: Counter[str] = Counter()

    def counts(self) -> Counts:
        return Counts(
            {str(name): count for name, count in self.statuses.items()},
            {str(name): count for name, count in self.kinds.items()},
        )
