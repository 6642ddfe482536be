from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flow import BreakerState, CircuitBreaker, ManualClock

if TYPE_CHECKING:
    from collections.abc import Callable

CLOSED, OPEN, HALF_OPEN = BreakerState


def made(**settings: Any) -> tuple[CircuitBreaker, ManualClock]:
    clock = ManualClock()
    return CircuitBreaker(**settings, clock=clock), clock


def test_opens_after_so_many_failures_in_a_row() -> None:
    breaker, _ = made(failures=3)
    for call in (breaker.failure, breaker.failure, breaker.success) * 3:
        call()
    assert (CLOSED, True) == (breaker.state, breaker.closed)
    for _ in range(3):
        breaker.failure()
    assert (OPEN, False) == (breaker.state, breaker.closed)
    assert 0 == breaker.acquire()


def test_tells_when_it_will_be_ready() -> None:
    breaker, clock = made(failures=1, reset_after=10)
    assert 0.0 == breaker.ready_in()
    breaker.failure()
    clock.advance(4)
    assert 6.0 == breaker.ready_in()
    clock.advance(6)
    assert (0.0, HALF_OPEN) == (breaker.ready_in(), breaker.state)


def test_half_open_lets_a_few_try_and_closes_after_successes() -> None:
    breaker, clock = made(failures=1, reset_after=10, half_open_calls=2, successes=3)
    breaker.failure()
    clock.advance(10)
    one, two = breaker.acquire(), breaker.acquire()
    assert one
    assert two
    assert 0 == breaker.acquire()
    assert 10 == breaker.ready_in()
    breaker.success(one)
    assert 0.0 == breaker.ready_in()
    breaker.success(two)
    breaker.release(breaker.acquire())
    assert HALF_OPEN == breaker.state
    breaker.success(breaker.acquire())
    assert CLOSED == breaker.state


def test_one_failure_while_half_open_opens_it_again() -> None:
    breaker, clock = made(failures=5, reset_after=10)
    breaker.trip()
    clock.advance(10)
    breaker.failure(breaker.acquire())
    assert (OPEN, 10.0) == (breaker.state, breaker.ready_in())


def test_what_a_stale_permit_brings_is_not_counted() -> None:
    breaker, clock = made(failures=1, reset_after=10)
    early, late = breaker.acquire(), breaker.acquire()
    breaker.failure(early)
    clock.advance(10)
    trial = breaker.acquire()
    breaker.failure(late)
    assert HALF_OPEN == breaker.state
    breaker.success(late)
    assert HALF_OPEN == breaker.state
    breaker.success(trial)
    assert CLOSED == breaker.state


def test_a_trial_that_ends_makes_room_for_one_more_and_no_other_end_does() -> None:
    breaker, clock = made(failures=1, reset_after=10, half_open_calls=2)
    stale = breaker.acquire()
    breaker.failure(stale)
    clock.advance(10)
    assert HALF_OPEN == breaker.state
    breaker.release()
    trials = [breaker.acquire() for _ in range(3)]
    assert [True, True, False] == [trial > 0 for trial in trials]
    breaker.release(stale)
    assert 0 == breaker.acquire()
    breaker.release(trials[0])
    assert [True, False] == [breaker.acquire() > 0 for _ in range(2)]
    breaker.release(trials[1])
    breaker.release(trials[1])
    assert [True, True, False] == [breaker.acquire() > 0 for _ in range(3)]


def test_trip_takes_a_rest_of_its_own_and_reset_closes() -> None:
    breaker, _ = made(failures=5, reset_after=10)
    breaker.trip(300)
    assert 300.0 == breaker.ready_in()
    breaker.trip(60)
    assert 60.0 == breaker.ready_in()
    breaker.reset()
    assert (CLOSED, 0.0) == (breaker.state, breaker.ready_in())


@pytest.mark.parametrize("rest", [-1.0, float("nan"), float("inf")])
def test_a_rest_that_makes_no_sense_is_refused(rest: float) -> None:
    breaker, _ = made()
    with pytest.raises(ValueError, match=r"reset_after is .*; allowed: a number of at least 0"):
        breaker.trip(rest)
    assert CLOSED == breaker.state


def test_reset_forgets_what_was_counted() -> None:
    breaker, _ = made(failures=2)
    breaker.failure()
    breaker.reset()
    breaker.failure()
    assert CLOSED == breaker.state


def test_listeners_hear_each_change_until_they_leave() -> None:
    breaker, clock = made(failures=1, reset_after=10)
    heard: list[tuple[BreakerState, BreakerState]] = []
    leave = breaker.listen(lambda old, new: heard.append((old, new)))
    breaker.failure()
    clock.advance(10)
    breaker.ready_in()
    breaker.success(breaker.acquire())
    breaker.reset()
    leave()
    leave()
    breaker.failure()
    assert [(CLOSED, OPEN), (OPEN, HALF_OPEN), (HALF_OPEN, CLOSED)] == heard


def test_a_listener_that_fails_is_logged_and_the_others_hear(
    caplog: pytest.LogCaptureFixture,
) -> None:
    breaker, _ = made(failures=1)
    heard: list[BreakerState] = []

    def bad(old: BreakerState, new: BreakerState) -> None:
        raise ValueError

    breaker.listen(bad)
    breaker.listen(lambda _, new: heard.append(new))
    with caplog.at_level(logging.ERROR):
        breaker.failure()
    assert [OPEN] == heard
    assert ["a listener of the circuit breaker failed"] == caplog.messages


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("failures", 0),
        ("failures", 1.5),
        ("reset_after", 0),
        ("reset_after", "10"),
        ("half_open_calls", 0),
        ("successes", -1),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} is"):
        CircuitBreaker(**{name: value})


@given(
    st.lists(
        st.sampled_from(["acquire", "success", "failure", "release", "wait", "trip"]), max_size=60
    ),
    st.integers(1, 3),
)
def test_never_more_trials_at_once_than_allowed(steps: list[str], half_open_calls: int) -> None:
    breaker, clock = made(failures=2, reset_after=5, half_open_calls=half_open_calls)
    permits: list[int] = []
    trials: list[int] = []
    for step in steps:
        if step == "acquire":
            half_open = breaker.state is HALF_OPEN
            ready = breaker.ready_in()
            permit = breaker.acquire()
            assert (permit > 0) == (ready == 0.0)
            if permit:
                permits.append(permit)
                if half_open:
                    trials.append(permit)
        elif step == "wait":
            clock.advance(5)
        elif step == "trip":
            breaker.trip()
        elif permits:
            permit = permits.pop()
            if permit in trials:
                trials.remove(permit)
            end: Callable[[int], None] = getattr(breaker, step)
            end(permit)
        if breaker.state is HALF_OPEN:
            running = [permit for permit in trials if permit == max(trials)]
            assert len(running) <= half_open_calls
