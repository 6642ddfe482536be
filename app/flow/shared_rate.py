"""A rate that several instances keep together, each by a part of it."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from typing_extensions import override

from app.flow.token_bucket import TokenBucket

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.flow.clock import Clock

_MARGIN: Final = 1.5
_LEAST_PART: Final = 0.05
_STILL_WAITS_S: Final = 3.0


class Use(NamedTuple):
    """Of one instance's part lately: how much a second, and whether anything had to wait."""

    rate: float
    waited: bool


class SharedRate(TokenBucket):
    """A bucket of `depth` seconds' worth that counts what is taken; `whole` is what all may use."""

    __slots__ = ("_depth", "_taken", "_used_at", "_waited_at", "whole")

    def __init__(self, whole: float, depth: float, *, clock: Clock) -> None:
        super().__init__(whole, whole * depth, clock=clock)
        self.whole = whole
        self._depth = depth
        self._taken = 0.0
        self._used_at = clock.monotonic()
        self._waited_at = -inf

    @override
    def take(self, tokens: float = 1.0) -> float:
        self._taken += tokens
        return self._noted(super().take(tokens))

    @override
    def ready_in(self, tokens: float = 1.0) -> float:
        return self._noted(super().ready_in(tokens))

    @override
    def give_back(self, tokens: float = 1.0) -> None:
        self._taken -= tokens
        super().give_back(tokens)

    def use(self) -> Use:
        """Since the last call; who had to wait a few seconds ago still counts as waiting."""
        now = self._clock.monotonic()
        rate = max(0.0, self._taken) / max(0.001, now - self._used_at)
        self._taken, self._used_at = 0.0, now
        return Use(rate, now - self._waited_at <= _STILL_WAITS_S)

    def have(self, part: float) -> None:
        """So much of it from now on."""
        if part != self.rate:
            self.change(part, part * self._depth)

    def _noted(self, wait: float) -> float:
        if wait > 0:
            self._waited_at = self._clock.monotonic()
        return wait


def part_of(whole: float, mine: Use, others: Sequence[Use]) -> float:
    """Those who had to wait share equally what the others leave; each reckons for itself."""
    fair = whole / (1 + len(others))
    if not mine.waited and not any(each.waited for each in others):
        return fair
    if not mine.waited:
        return _enough(whole, fair, mine)
    left = whole - sum(_enough(whole, fair, each) for each in others if not each.waited)
    return left / (1 + sum(each.waited for each in others))


def _enough(whole: float, fair: float, use: Use) -> float:
    return min(fair, use.rate * _MARGIN + whole * _LEAST_PART)
