from __future__ import annotations

import heapq
import math
from typing import Any

import pytest

from app.flow import AdaptiveLimit, ManualClock, TokenBucket


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
    answers(limit, accepted=100, refused=2)
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
    assert None is limit.limit


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


@pytest.mark.parametrize("name", ["cut", "growth", "depth", "doubling", "rest"])
def test_settings_that_make_no_sense_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        made(**{name: -1})
