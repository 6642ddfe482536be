"""How many connections a relay may have that found them too many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.flow import Clock

_RECOVERY_S: Final = 60.0


class FewerConnections:
    """`most` until `lower` is called; one more again every minute from then on."""

    def __init__(self, most: int, clock: Clock) -> None:
        self._most = most
        self._clock = clock
        self._lowered = most
        self._lowered_at = clock.monotonic()

    @property
    def now(self) -> int:
        if self._lowered == self._most:
            return self._most
        recovered = int((self._clock.monotonic() - self._lowered_at) / _RECOVERY_S)
        return min(self._most, self._lowered + recovered)

    def lower(self, to: int) -> bool:
        """At most so many, and at least one; whether that is fewer than before."""
        before = self.now
        self._lowered = max(1, min(to, before))
        self._lowered_at = self._clock.monotonic()
        return self._lowered < before
