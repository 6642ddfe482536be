"""Growing delays between attempts."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

from app.flow.checks import require_not_negative

if TYPE_CHECKING:
    from collections.abc import Callable


class Backoff:
    """delay(n) = min(cap, base * factor ** n), n from 0, with jitter, never above the cap.

    `jitter` is the share by which a delay may vary: 0.1 spreads it evenly over 90 % to 110 %; what
    would be above the cap is the cap.
    `chance` gives numbers from 0 up to 1.
    """

    __slots__ = ("_base", "_cap", "_chance", "_factor", "_jitter")

    def __init__(
        self,
        base: float = 1.0,
        factor: float = 2.0,
        cap: float = 60.0,
        jitter: float = 0.1,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        require_not_negative("base", base)
        require_not_negative("cap", cap)
        require_not_negative("jitter", jitter)
        if not 1 <= factor < math.inf:
            raise ValueError(f"factor is {factor!r}; allowed: a number of at least 1")
        if jitter > 1:
            raise ValueError(f"jitter is {jitter!r}; allowed: a number from 0 to 1")
        self._base = base
        self._factor = factor
        self._cap = cap
        self._jitter = jitter
        self._chance = chance

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # not in 3.11's typing
        return f"Backoff({self._base}, {self._factor}, {self._cap}, {self._jitter})"

    def delay(self, n: int) -> float:
        """Seconds to wait after failure `n`, counted from 0."""
        plain = self._plain(n)
        if not self._jitter:
            return plain
        return min(self._cap, plain * (1 + self._jitter * (2 * self._chance() - 1)))

    def _plain(self, n: int) -> float:
        try:
            return min(self._cap, self._base * self._factor**n)
        except OverflowError:
            return self._cap if self._base else 0.0
