"""Whether much of the mail fails: what the last hundred messages and attempts came to."""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

LAST: Final = 100
MANY: Final = 20
FRESH_S: Final = 300.0

DELIVERED, BOUNCED, DEAD = FATES = ("delivered", "bounced", "dead")


class LastOutcomes:
    """In bounded memory; what is older than five minutes says nothing of now."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ended: deque[tuple[float, str]] = deque(maxlen=LAST)
        self._attempts: deque[tuple[float, bool]] = deque(maxlen=LAST)

    def ended(self, fate: str) -> None:
        """A message is over."""
        now = self._clock()
        self._ended.append((now, fate))
        self._attempts.append((now, False))

    def put_off(self) -> None:
        """An attempt failed, and another follows."""
        self._attempts.append((self._clock(), True))

    def fates(self) -> Counter[str]:
        """How many of the last hundred that are over came to each, however long ago."""
        return Counter(fate for _, fate in self._ended)

    def many_dead(self) -> int:
        """How many of them are dead or bounced, where these are more than a fifth; else 0."""
        since = self._clock() - FRESH_S
        return _many(sum(at >= since and fate != DELIVERED for at, fate in self._ended))

    def many_put_off(self) -> int:
        """How many of the last hundred attempts were put off, where more than a fifth; else 0."""
        since = self._clock() - FRESH_S
        return _many(sum(at >= since and put_off for at, put_off in self._attempts))


def _many(count: int) -> int:
    return count if count > MANY else 0
