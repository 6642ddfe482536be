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


def answers(limit: AdaptiveLimit, accepted: int, refused: int) -> None:
    for _ in range(accepted):
        limit.accepted()
    for _ in range(refused):
        limit.refused()


def test_there_is_no_limit_until_refusals_come() -> None:
    limit, _ = made()
    assert (None, 0.0) == (limit.limit, limit.ready_in())
    assert all(limit.try_take() for _ in range(10_000))


def test_refusals_rest_and_cut_to_below_what_was_accepted() -> None:
    limit, clock = made()
    answers(limit, accepted=40, refused=2)
    assert (0.5, False) == (limit.ready_in(), limit.try_take())
    assert 38.0 == limit.limit
    clock.advance(0.5)
    assert limit.try_take()


def test_a_single_refusal_slows_nobody() -> None:
    limit, _ = made()
    answers(limit, accepted=10, refused=1)
    assert (None, 0.0) == (limit.limit, limit.ready_in())


def test_few_refusals_among_many_slow_nobody() -> None:
    limit, _ = made()
    answers(limit, accepted=98, refused=2)
    assert None is limit.limit
    answers(limit, accepted=0, refused=1)
    assert None is not limit.limit


def test_only_the_last_second_counts() -> None:
    limit, clock = made()
    answers(limit, accepted=100, refused=1)
    clock.advance(1.5)
    answers(limit, accepted=5, refused=1)
    assert None is limit.limit


def test_one_cut_a_second() -> None:
    limit, clock = made()
    answers(limit, accepted=50, refused=5)
    first = limit.limit
    answers(limit, accepted=0, refused=5)
    assert first == limit.limit
    clock.advance(1.0)
    answers(limit, accepted=10, refused=2)
    assert 9.5 == limit.limit


def test_work_that_was_refused_before_does_not_cut() -> None:
    limit, _ = made()
    for _ in range(10):
        limit.refused(again=True)
    assert (None, 0.0) == (limit.limit, limit.ready_in())


def test_the_limit_is_never_below_one_a_second() -> None:
    limit, _ = made()
    answers(limit, accepted=0, refused=5)
    assert 1.0 == limit.limit


@pytest.mark.parametrize(("stated", "rest"), [(3.0, 3.0), (86_400.0, 3_600.0)])
def test_a_stated_delay_is_kept_up_to_an_hour(stated: float, rest: float) -> None:
    limit, _ = made()
    limit.refused(stated_delay=stated)
    assert rest == limit.ready_in()


def test_it_grows_by_half_a_percent_a_second_doubling_every_ten() -> None:
    limit, clock = made()
    answers(limit, accepted=100, refused=3)
    clock.advance(0.5)
    assert 95.0 == limit.limit
    clock.advance(5)
    assert math.isclose(95 * 1.005**5, limit.limit or 0)
    clock.advance(10)
    # Ten and fifteen seconds without a refusal: the step has doubled once.
    assert 95 * 1.005**9 * 1.01**5 < (limit.limit or 0) < 95 * 1.005**9 * 1.01**7
    clock.advance(300)
    assert (0.0, True) == (limit.ready_in(), limit.try_take())
    assert None is limit.limit


def test_bursts_grow_with_the_limit() -> None:
    limit, clock = made()
    answers(limit, accepted=1000, refused=30)
    clock.advance(20.5)
    now = limit.limit or 0
    clock.advance(0.4)
    assert 1000 < now < 1500
    assert int(now / 10) == sum(limit.try_take() for _ in range(1000))


def test_what_is_sent_in_any_case_is_borrowed_and_can_be_given_back() -> None:
    limit, clock = made()
    limit.take()
    limit.give_back()
    answers(limit, accepted=10, refused=2)
    clock.advance(0.5)
    assert 0.0 == limit.ready_in()
    for _ in range(2):
        limit.take()
    assert 2 / 9.5 == pytest.approx(limit.ready_in())
    limit.give_back()
    assert 1 / 9.5 == pytest.approx(limit.ready_in())


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


def test_a_guess_from_a_few_answers_doubles_each_second_until_the_next_refusals() -> None:
    limit, clock = made(whole_seconds=True)
    answers(limit, accepted=4, refused=2)
    assert 3.8 == pytest.approx(limit.limit)
    clock.advance(2.5)
    assert 4 * 3.8 == pytest.approx(limit.limit)
    answers(limit, accepted=12, refused=3)
    # Four fifths of the present rate, which was asked for only lately.
    assert 0.95 * 4 * 3.8 * 0.8 == pytest.approx(limit.limit, rel=0.1)
    clock.advance(1.6)
    assert limit.limit == pytest.approx(0.95 * 4 * 3.8 * 0.8 * 1.005, rel=0.1)


def test_a_whole_second_s_answers_are_no_guess() -> None:
    limit, clock = made(whole_seconds=True)
    answers(limit, accepted=10, refused=0)
    clock.advance(0.5)
    answers(limit, accepted=10, refused=0)
    clock.advance(0.5)
    answers(limit, accepted=0, refused=2)
    assert 9.5 == limit.limit
    clock.advance(1.5)
    assert 9.5 * 1.005 == pytest.approx(limit.limit)


def test_after_a_second_of_silence_a_few_answers_are_a_guess_again() -> None:
    limit, clock = made(whole_seconds=True)
    limit.accepted()
    clock.advance(1.0)
    answers(limit, accepted=4, refused=2)
    clock.advance(1.5)
    assert 2 * 3.8 == pytest.approx(limit.limit)


def test_from_whole_seconds_no_cut_comes_before_a_rest_is_over_for_one() -> None:
    limit, clock = made(whole_seconds=True)
    for _ in range(3):
        answers(limit, accepted=20, refused=0)
        clock.advance(0.6)
    answers(limit, accepted=20, refused=2)
    assert 38.0 == limit.limit
    clock.advance(1.4)
    answers(limit, accepted=10, refused=5)
    assert 38.0 == limit.limit
    clock.advance(0.1)
    answers(limit, accepted=10, refused=5)
    assert 19.0 == limit.limit


@pytest.mark.parametrize("name", ["cut", "growth", "depth", "doubling", "rest"])
def test_settings_that_make_no_sense_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} is"):
        made(**{name: -1})
