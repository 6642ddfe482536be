"""The rate that an adaptive limit finds of relays which tell none."""

from __future__ import annotations

import heapq
import math
from collections import deque
from enum import Enum, auto
from random import Random
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from app.flow import AdaptiveLimit, ManualClock, TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable


def made(**settings: Any) -> tuple[AdaptiveLimit, ManualClock]:
    clock = ManualClock()
    return AdaptiveLimit(**settings, clock=clock), clock


def test_against_a_relay_of_50_a_second_it_finds_the_rate() -> None:
    """As simulated for MAIL.md: 10 workers, 47 a second, half a percent refused."""
    limit, clock = made()
    relay = TokenBucket(50, 5, clock=clock)
    start = clock.monotonic()
    accepted = refused = 0
    workers = [(start, n) for n in range(10)]
    heapq.heapify(workers)
    while True:
        at, worker = heapq.heappop(workers)
        if at > start + 180:
            break
        if at < start + 60:
            # The first refusals came before there was a second's worth to learn from.
            accepted = refused = 0
        clock.advance(max(0.0, at - clock.monotonic()))
        wait = limit.ready_in()
        if wait > 0 or not limit.try_take():
            heapq.heappush(workers, (clock.monotonic() + max(wait, 0.002), worker))
            continue
        if relay.try_take():
            limit.accepted()
            accepted += 1
        else:
            limit.refused()
            refused += 1
        heapq.heappush(workers, (clock.monotonic() + 0.02, worker))
    assert accepted / 120 > 44
    assert refused / (accepted + refused) < 0.02


class Load:
    """Workers that always have something to send; who was refused once comes back later."""

    def __init__(
        self, limit: AdaptiveLimit, clock: ManualClock, relay: Taker, answer_s: float
    ) -> None:
        self.accepted = self.refused = 0
        self._limit = limit
        self._clock = clock
        self._relay = relay
        self._answer_s = answer_s
        self._chance = Random(1)
        self._began = clock.monotonic()
        self._due = [(self._began, worker, Step.START) for worker in range(10)]
        self._back: list[float] = []

    def run(self, until: float) -> None:
        """Go on until so many seconds after the beginning."""
        while self._due[0][0] < self._began + until:
            at, worker, step = heapq.heappop(self._due)
            self._clock.advance(max(0.0, at - self._clock.monotonic()))
            next_at, step = self._turn(at, step)
            heapq.heappush(self._due, (next_at, worker, step))

    def _turn(self, at: float, step: Step) -> tuple[float, Step]:
        half = self._answer_s * self._chance.uniform(0.3, 0.7)
        match step:
            case Step.START:
                wait = self._limit.ready_in()
                if wait > 0 or not self._limit.try_take():
                    return at + max(wait, 0.0005), step
                again = bool(self._back) and self._back[0] <= at
                if again:
                    heapq.heappop(self._back)
                return at + half, Step.AGAIN if again else Step.FIRST
            case Step.FIRST | Step.AGAIN:
                if self._relay.try_take():
                    return at + half, Step.ACCEPTED
                return at + half, Step.REFUSED if step is Step.FIRST else Step.REFUSED_AGAIN
            case Step.ACCEPTED:
                self._limit.accepted()
                self.accepted += 1
            case Step.REFUSED | Step.REFUSED_AGAIN:
                self._limit.refused(again=step is Step.REFUSED_AGAIN)
                self.refused += 1
                if step is Step.REFUSED:
                    heapq.heappush(self._back, at + 0.5)
        return at, Step.START


class Taker(Protocol):
    def try_take(self) -> bool: ...


class Step(Enum):
    """Of one worker's message."""

    START = auto()
    FIRST = auto()
    AGAIN = auto()
    ACCEPTED = auto()
    REFUSED = auto()
    REFUSED_AGAIN = auto()


class Window:
    """So many in any second (`fixed`: in each second of the clock), all at once if they come."""

    def __init__(self, most: int, clock: ManualClock, *, fixed: bool = False) -> None:
        self._most = most
        self._clock = clock
        self._fixed = fixed
        self._taken: deque[float] = deque()

    def try_take(self) -> bool:
        now = self._clock.monotonic()
        start = math.floor(now) if self._fixed else now - 1.0
        while self._taken and self._taken[0] < start:
            self._taken.popleft()
        if len(self._taken) >= self._most:
            return False
        self._taken.append(now)
        return True


RELAYS: dict[str, Callable[[ManualClock], Taker]] = {
    "2 at once": lambda clock: TokenBucket(50, 2, clock=clock),
    "5 at once": lambda clock: TokenBucket(50, 5, clock=clock),
    "10 at once": lambda clock: TokenBucket(50, 10, clock=clock),
    "50 at once": lambda clock: TokenBucket(50, 50, clock=clock),
    "100 at once": lambda clock: TokenBucket(50, 100, clock=clock),
    "50 in any second": lambda clock: Window(50, clock),
    "50 in each second": lambda clock: Window(50, clock, fixed=True),
}


@pytest.mark.parametrize("answer_s", [0.002, 0.05])
@pytest.mark.parametrize("relay", RELAYS)
def test_from_whole_seconds_it_finds_the_rate_of_any_relay_within_ten_seconds(
    relay: str, answer_s: float
) -> None:
    """50 a second, 10 workers: seconds 10 to 60 within 10 % of it, below 5 % refused."""
    limit, clock = made(whole_seconds=True)
    load = Load(limit, clock, RELAYS[relay](clock), answer_s)
    load.run(10.0)
    # What learning cost: no more refusals than the messages that it costs half a second.
    assert load.refused < 150
    load.accepted = load.refused = 0
    load.run(60.0)
    assert 45 <= load.accepted / 50 <= 55
    assert load.refused / (load.accepted + load.refused) < 0.05
