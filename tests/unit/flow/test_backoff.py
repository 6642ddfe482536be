from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flow import Backoff, RetryPolicy

seconds = st.floats(0, 1e6)


def test_delays_grow_by_the_factor_up_to_the_cap() -> None:
    backoff = Backoff(base=1, factor=3, cap=20, jitter=0)
    assert [1, 3, 9, 20, 20] == [backoff.delay(n) for n in range(5)]


@given(seconds, st.floats(1, 1e6), seconds, st.floats(0, 1), st.floats(0, 1), st.integers(0, 10**9))
def test_a_delay_is_never_negative_nor_above_the_cap(
    base: float, factor: float, cap: float, jitter: float, chance: float, n: int
) -> None:
    delay = Backoff(base, factor, cap, jitter, chance=lambda: chance).delay(n)
    assert 0 <= delay <= cap
    assert math.isfinite(delay)


@given(st.floats(0.001, 10), st.floats(1, 5), st.integers(0, 20))
def test_without_jitter_it_is_the_formula(base: float, factor: float, n: int) -> None:
    expected = min(1e4, base * factor**n)
    assert math.isclose(expected, Backoff(base, factor, 1e4, 0).delay(n), rel_tol=1e-9)


@pytest.mark.parametrize(("base", "expected"), [(0, 0.0), (0.001, 60.0)])
def test_a_power_beyond_all_floats_is_the_cap_or_nothing(base: float, expected: float) -> None:
    assert expected == Backoff(base, 10.0, cap=60, jitter=0).delay(10**6)


def test_jitter_spreads_evenly_around_the_delay() -> None:
    for chance, expected in ((0.0, 9.0), (0.5, 10.0), (1.0, 11.0)):
        backoff = Backoff(10, 1, 60, 0.1, chance=iter([chance]).__next__)
        assert math.isclose(expected, backoff.delay(3))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base", -1),
        ("factor", 0.5),
        ("factor", math.nan),
        ("factor", math.inf),
        ("cap", -1),
        ("cap", True),
        ("jitter", 1.5),
        ("jitter", -1),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} is"):
        Backoff(**{name: value})
    with pytest.raises(ValueError, match=f"^{name} is"):
        RetryPolicy(**{name: value})


def test_retry_policy_gives_so_many_delays_and_then_none() -> None:
    policy = RetryPolicy(max_retries=2, base=1, factor=2, jitter=0)
    error = ValueError()
    assert [1.0, 2.0, None] == [policy.next_delay(attempts, error) for attempts in (1, 2, 3)]
    assert [1.0, 2.0] == [policy.delay(n) for n in range(2)]
    assert 9.0 == RetryPolicy(base=10, factor=1, jitter=0.1, chance=lambda: 0.0).delay(0)


def test_retry_policy_asks_retry_if_and_by_default_takes_exceptions_only() -> None:
    assert None is RetryPolicy().next_delay(1, KeyboardInterrupt())
    picky = RetryPolicy(retry_if=lambda error: isinstance(error, OSError))
    assert None is picky.next_delay(1, ValueError())
    assert None is not picky.next_delay(1, ConnectionError())


@pytest.mark.parametrize("value", [-1, 1.5, True, None])
def test_max_retries_is_a_whole_number(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^max_retries is .*of at least 0$"):
        RetryPolicy(value)


def test_a_policy_shows_its_numbers() -> None:
    assert "RetryPolicy(2, Backoff(1.0, 2.0, 60.0, 0.1))" == repr(RetryPolicy(2))
