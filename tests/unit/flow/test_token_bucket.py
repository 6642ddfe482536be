from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flow import ManualClock, TokenBucket


def test_a_burst_goes_at_once_and_the_rest_at_the_rate() -> None:
    clock = ManualClock()
    bucket = TokenBucket(rate=2, burst=3, clock=clock)
    assert [True] * 3 + [False] == [bucket.try_take() for _ in range(4)]
    assert 0.5 == bucket.ready_in()
    clock.advance(0.5)
    assert bucket.try_take()
    clock.advance(100)
    assert 3.0 == bucket.tokens


def test_a_burst_is_one_second_s_worth_if_nothing_else_is_said_and_never_below_one() -> None:
    assert 7.0 == TokenBucket(7).burst
    assert 1.0 == TokenBucket(0.2).burst
    bucket = TokenBucket(7, 0.5)
    assert 1.0 == bucket.burst
    bucket.change(9)
    assert (9.0, 1.0) == (bucket.rate, bucket.burst)


def test_take_borrows_and_tells_how_long_to_wait() -> None:
    clock = ManualClock()
    bucket = TokenBucket(rate=10, burst=1, clock=clock)
    waits = [bucket.take() for _ in range(3)]
    assert 0.0 == waits[0]
    assert math.isclose(waits[2] - waits[1], 0.1)


def test_give_back_returns_what_was_not_used() -> None:
    bucket = TokenBucket(rate=1, burst=1, clock=ManualClock())
    assert bucket.try_take()
    bucket.give_back()
    assert bucket.try_take()


def test_change_takes_effect_from_now_on() -> None:
    clock = ManualClock()
    bucket = TokenBucket(rate=100, burst=100, clock=clock)
    bucket.change(1, 2)
    assert 2.0 == bucket.tokens
    bucket.take(2)
    clock.advance(1)
    assert math.isclose(1.0, bucket.tokens)


@given(st.floats(0.1, 1_000), st.floats(1, 100), st.lists(st.floats(0, 3), max_size=60))
def test_never_more_than_burst_plus_rate_times_time(
    rate: float, burst: float, waits: list[float]
) -> None:
    clock = ManualClock()
    bucket = TokenBucket(rate, burst, clock=clock)
    taken = 0
    for wait in waits:
        while bucket.try_take() and taken < 10_000:
            taken += 1
        clock.advance(wait)
        ready = bucket.ready_in()
        assert 0 <= ready <= 1 / rate + 1e-6
    assert taken <= burst + rate * sum(waits) + 1e-6


@pytest.mark.parametrize(("name", "value"), [("rate", 0), ("rate", -1), ("burst", 0)])
def test_settings_that_make_no_sense_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} is"):
        TokenBucket(**{"rate": 1, name: value})
    bucket = TokenBucket(7, 3, clock=ManualClock())
    with pytest.raises(ValueError, match=f"^{name} is"):
        bucket.change(**{"rate": 1, name: value})
