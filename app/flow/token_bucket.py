"""A rate with a little room for bursts."""

from __future__ import annotations

from app.flow.checks import require_positive
from app.flow.clock import Clock, SystemClock


class TokenBucket:
    """`rate` tokens a second flow in, at most `burst` are kept; it starts full.

    `burst` is at least 1, or no token could ever be taken; it defaults to one second's worth.
    """

    __slots__ = ("_at", "_clock", "_tokens", "burst", "rate")

    def __init__(
        self, rate: float, burst: float | None = None, *, clock: Clock | None = None
    ) -> None:
        require_positive("rate", rate)
        if burst is not None:
            require_positive("burst", burst)
        self.rate = float(rate)
        self.burst = max(1.0, float(rate if burst is None else burst))
        self._clock = clock or SystemClock()
        self._tokens = self.burst
        self._at = self._clock.monotonic()

    @property
    def tokens(self) -> float:
        """What is there now; below 0 when tokens were borrowed."""
        self._refill()
        return self._tokens

    def try_take(self, tokens: float = 1.0) -> bool:
        """Take them if they are there."""
        self._refill()
        if self._tokens < tokens:
            return False
        self._tokens -= tokens
        return True

    def take(self, tokens: float = 1.0) -> float:
        """Take them in any case; the seconds to wait before they may be used, 0 for now."""
        self._refill()
        self._tokens -= tokens
        return max(0.0, -self._tokens / self.rate)

    def ready_in(self, tokens: float = 1.0) -> float:
        """Seconds until they are there; takes nothing. More than `burst` counts as `burst`."""
        self._refill()
        return max(0.0, (min(tokens, self.burst) - self._tokens) / self.rate)

    def give_back(self, tokens: float = 1.0) -> None:
        """Return what was taken and not used."""
        self._refill()
        self._tokens = min(self.burst, self._tokens + tokens)

    def change(self, rate: float, burst: float | None = None) -> None:
        """Another rate from now on; what was gathered is kept as far as it fits."""
        require_positive("rate", rate)
        self._refill()
        self.rate = float(rate)
        if burst is not None:
            require_positive("burst", burst)
            self.burst = max(1.0, float(burst))
        self._tokens = min(self._tokens, self.burst)

    def _refill(self) -> None:
        now = self._clock.monotonic()
        if now > self._at:
            self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
            self._at = now
