"""A rate found by listening to refusals, for a thing that limits itself."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from app.flow.checks import require_not_negative, require_positive
from app.flow.clock import Clock, SystemClock
from app.flow.token_bucket import TokenBucket

_SLICE = 0.1
_UNLIMITED = 100_000.0
_LONGEST_REST = 3_600.0
_NEVER = float("-inf")


class AdaptiveLimit:
    """No limit until refusals come; then a rest, a cut below what was accepted, slow growth.

    A refusal cuts when refusals are at least `least_refusals` and above `refusal_share` of the
    last second's answers, at most once a second, and never for work that was refused before.
    A cut rests for `rest` seconds and limits to `cut` times what the last second accepted, at
    least 1 a second. The limit then grows by the share `growth` each second, which doubles every
    `doubling` seconds without a refusal. At most `depth` seconds' worth goes in one burst.
    A delay that the other side states is kept in any case, up to an hour.

    `whole_seconds`: nothing is concluded from less than a second. A cut waits until the last rest
    has been over for one, whose silence would else look like refusals. The first cut may come
    before a second's answers are there, when few say little: its limit is a guess, which doubles
    each second until the next cut.
    """

    def __init__(  # noqa: PLR0913 - each has its default
        self,
        *,
        cut: float = 0.95,
        rest: float = 0.5,
        growth: float = 0.005,
        doubling: float = 10.0,
        depth: float = 0.1,
        least_refusals: int = 2,
        refusal_share: float = 0.02,
        whole_seconds: bool = False,
        clock: Clock | None = None,
    ) -> None:
        require_positive("cut", cut)
        require_not_negative("rest", rest)
        require_not_negative("growth", growth)
        require_positive("doubling", doubling)
        require_positive("depth", depth)
        self._cut = cut
        self._rest = rest
        self._growth = growth
        self._doubling = doubling
        self._depth = depth
        self._least_refusals = least_refusals
        self._refusal_share = refusal_share
        self._whole_seconds = whole_seconds
        self._clock = clock or SystemClock()
        self._bucket: TokenBucket | None = None
        self._guessed = False
        self._answers: deque[_Slice] = deque()
        self._busy_since = self._clock.monotonic()
        self._rests_until = self._cut_at = self._refused_at = self._grown_at = _NEVER

    @property
    def resting_for(self) -> float:
        """Seconds until the rest is over, 0 while there is none."""
        return max(0.0, self._rests_until - self._clock.monotonic())

    @property
    def limit(self) -> float | None:
        """Per second; None while there is none."""
        self._grow()
        return self._bucket.rate if self._bucket else None

    def ready_in(self) -> float:
        """Seconds until the next may go, 0 for now."""
        if self._bucket is None and self._rests_until == _NEVER:
            return 0.0
        self._grow()
        return self.resting_for or (self._bucket.ready_in() if self._bucket else 0.0)

    def try_take(self) -> bool:
        """Take the right to send one, if it is there."""
        if self._clock.monotonic() < self._rests_until:
            return False
        self._grow()
        return self._bucket is None or self._bucket.try_take()

    def take(self) -> None:
        """Send one more in any case, on what is to come."""
        if self._bucket is not None:
            self._bucket.take()

    def give_back(self) -> None:
        """The right was not used."""
        if self._bucket is not None:
            self._bucket.give_back()

    def accepted(self) -> None:
        self._note(accepted=1, refused=0)

    def refused(self, *, stated_delay: float | None = None, again: bool = False) -> None:
        """The other side asked to slow down; `again` when it refused this same work before."""
        now = self._clock.monotonic()
        self._grow()
        self._note(accepted=0, refused=1)
        self._refused_at = now
        if stated_delay is not None:
            self._rest_until(now + min(stated_delay, _LONGEST_REST))
        accepted, refused = self._last_second(now)
        few = refused < self._least_refusals
        if again or few or refused <= self._refusal_share * (accepted + refused):
            return
        if now - self._cut_at < 1.0 or (self._whole_seconds and now - self._rests_until < 1.0):
            return
        self._cut_at = now
        self._rest_until(now + self._rest)
        found = float(accepted)
        if self._bucket is not None and self._guessed:
            # Most of the last second went by at half of the present rate, or less.
            found = max(found, self._bucket.rate * accepted / (accepted + refused))
        self._guessed = (
            self._whole_seconds and self._bucket is None and now - self._busy_since < 1.0
        )
        self._limit_to(max(1.0, self._cut * found))

    def _rest_until(self, when: float) -> None:
        self._rests_until = max(self._rests_until, when)

    def _limit_to(self, rate: float) -> None:
        if self._bucket is not None:
            rate = min(rate, self._bucket.rate)
        self._bucket = TokenBucket(rate, rate * self._depth, clock=self._clock)
        self._grown_at = self._rests_until

    def _grow(self) -> None:
        """Catch up on whole seconds since the limit last grew."""
        if self._bucket is None:
            return
        now = self._clock.monotonic()
        rate = self._bucket.rate
        while now - self._grown_at >= 1.0:
            self._grown_at += 1.0
            rate *= 1 + self._step(self._grown_at)
            if rate > _UNLIMITED:
                self._bucket = None
                return
        if rate != self._bucket.rate:
            self._bucket.change(rate, rate * self._depth)

    def _step(self, at: float) -> float:
        if self._guessed:
            return 1.0
        doublings = int(max(0.0, at - self._refused_at) / self._doubling)
        return self._growth * 2.0**doublings

    def _note(self, *, accepted: int, refused: int) -> None:
        now = self._clock.monotonic()
        answers = self._answers
        if answers and now - answers[0].since >= 1.0:
            self._forget(now)
        if not answers:
            self._busy_since = now
        elif now - answers[-1].since < _SLICE:
            answers[-1].accepted += accepted
            answers[-1].refused += refused
            return
        answers.append(_Slice(now, accepted, refused))

    def _last_second(self, now: float) -> tuple[int, int]:
        self._forget(now)
        return sum(s.accepted for s in self._answers), sum(s.refused for s in self._answers)

    def _forget(self, now: float) -> None:
        while self._answers and now - self._answers[0].since >= 1.0:
            self._answers.popleft()


@dataclass(slots=True)
class _Slice:
    since: float
    accepted: int
    refused: int
