"""For what would be said again and again: once, then at growing intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Throttle:
    """Tells when to speak; `clock` and the intervals are in seconds.

    The first call of `due` is true, then one after `first` seconds, each further interval `factor`
    times the one before and at most `longest`. A factor of 1 makes it steady. When nobody asked
    for `longest` after an interval ended, it starts afresh, as `over` makes it do at once.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        first: float = 5.0,
        factor: float = 2.0,
        longest: float = 300.0,
    ) -> None:
        if first <= 0 or factor < 1 or longest < first:
            raise ValueError(
                "0 < first <= longest and factor >= 1 are needed, "
                f"not first={first!r}, factor={factor!r}, longest={longest!r}"
            )
        self._clock = clock
        self._first = first
        self._factor = factor
        self._longest = longest
        self._interval = first
        self._began: float | None = None
        self._next_at = 0.0
        self._silenced = 0

    @property
    def silenced(self) -> int:
        """How often `due` said no since it last said yes."""
        return self._silenced

    def due(self) -> bool:
        """Whether to speak now; a true answer counts as having spoken."""
        now = self._clock()
        if self._began is None or now - self._next_at >= self._longest:
            self._began = now
            self._interval = self._first
        elif now < self._next_at:
            self._silenced += 1
            return False
        else:
            self._interval = min(self._interval * self._factor, self._longest)
        self._next_at = now + self._interval
        self._silenced = 0
        return True

    def summed_up(self, *, early: bool = False) -> int:
        """How often it was silenced in an interval that is over, which counts as having spoken.

        0 when there is nothing to tell, or not yet; `early` does not wait for the interval's end.
        """
        silenced = self._silenced
        if silenced and (early or self._clock() >= self._next_at):
            self._interval = min(self._interval * self._factor, self._longest)
            self._next_at = self._clock() + self._interval
            self._silenced = 0
            return silenced
        return 0

    def lasted(self) -> float | None:
        """Seconds since the trouble was first spoken of; None when it was not."""
        return None if self._began is None else self._clock() - self._began

    def over(self) -> float | None:
        """The trouble has passed: starts afresh. Gives `lasted()`, None when nothing was said."""
        lasted = self.lasted()
        self._began = None
        self._interval = self._first
        self._silenced = 0
        return lasted
