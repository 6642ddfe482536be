from __future__ import annotations

import logging
from datetime import timedelta

import pytest

from app.flow import ManualClock
from app.relay.fewer import FewerConnections
from app.relay.limits import Limits


def made(rate: float | None = None) -> tuple[Limits, ManualClock]:
    clock = ManualClock()
    return Limits("main", rate, clock), clock


def refuse(limits: Limits, times: int, stated: float | None = None) -> None:
    for _ in range(times):
        limits.refused(stated, again=False)


def test_a_configured_rate_lets_a_tenth_of_a_second_go_at_once() -> None:
    limits, clock = made(rate=50.0)
    assert 50.0 == limits.rate
    for _ in range(5):
        assert 0.0 == limits.ready_in()
        limits.take()
    assert 0.02 == pytest.approx(limits.ready_in())
    clock.advance(0.02)
    assert 0.0 == pytest.approx(limits.ready_in())


def test_what_came_to_nothing_is_given_back() -> None:
    limits, _ = made(rate=1.0)
    limits.take()
    assert limits.ready_in() > 0
    limits.give_back()
    assert 0.0 == limits.ready_in()


def test_no_limit_is_learned_from_a_single_refusal() -> None:
    limits, _ = made()
    refuse(limits, 1)
    assert (None, 0.0) == (limits.limit, limits.ready_in())


def test_refusals_rest_half_a_second_and_limit_to_what_was_accepted() -> None:
    limits, clock = made()
    since = clock.now()
    for _ in range(20):
        limits.accepted()
    refuse(limits, 2)
    assert (19.0, 0.5, 0.5) == (limits.limit, limits.ready_in(), limits.resting_for)
    assert since == limits.resting_since


@pytest.mark.parametrize(("stated", "rest"), [(20.0, 20.0), (86_400.0, 3_600.0)])
def test_a_stated_delay_is_kept_an_hour_at_most(stated: float, rest: float) -> None:
    limits, clock = made()
    refuse(limits, 1, stated)
    assert rest == limits.resting_for
    clock.advance(1)
    since = limits.resting_since
    refuse(limits, 1)
    assert (rest - 1, since) == (limits.resting_for, limits.resting_since)


def test_what_was_learned_can_be_forgotten() -> None:
    limits, _ = made()
    refuse(limits, 2, 600.0)
    limits.next_turn()
    limits.forget()
    assert (None, 0.0, 0.0) == (limits.limit, limits.resting_for, limits.ready_in())
    assert 0.0 == limits.next_turn()


@pytest.mark.parametrize("forgotten", [False, True])
def test_the_first_limit_is_a_guess_that_doubles_each_second(forgotten: bool) -> None:
    limits, clock = made()
    if forgotten:
        clock.advance(5)
        limits.forget()
    for _ in range(20):
        limits.accepted()
    refuse(limits, 2)
    clock.advance(1.5)
    assert 38.0 == limits.limit


def test_a_message_that_was_refused_before_teaches_nothing() -> None:
    limits, _ = made()
    for _ in range(10):
        limits.refused(None, again=True)
    assert None is limits.limit


def test_a_rest_is_told_from_when_it_began() -> None:
    limits, clock = made()
    began = clock.now()
    assert began == limits.resting_since
    clock.advance(5)
    refuse(limits, 1, 0.5)
    assert began + timedelta(seconds=5) == limits.resting_since
    clock.advance(0.4)
    refuse(limits, 1, 20.0)
    assert began + timedelta(seconds=5) == limits.resting_since


def test_each_limit_below_the_last_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    limits, clock = made()
    for _ in range(20):
        limits.accepted()
    refuse(limits, 5)
    clock.advance(1.5)
    for _ in range(10):
        limits.accepted()
    refuse(limits, 2)
    assert caplog.messages == [
        f"relay main limits itself; it gets {rate} messages a second" for rate in ("19.0", "30.1")
    ]


def test_those_that_wait_are_told_to_come_one_after_the_other() -> None:
    limits, clock = made(rate=10.0)
    limits.take()
    turns = [limits.next_turn() for _ in range(4)]
    assert [0.1, 0.2, 0.3, 0.4] == pytest.approx(turns)
    clock.advance(5)
    assert 0.0 == limits.next_turn()


def test_where_no_rate_is_known_all_may_ask_again_when_the_rest_is_over() -> None:
    limits, _ = made()
    refuse(limits, 1, 20.0)
    assert [20.0] * 3 == [limits.next_turn() for _ in range(3)]


def test_a_relay_with_too_many_connections_gets_one_more_again_each_minute() -> None:
    clock = ManualClock()
    fewer = FewerConnections(10, clock)
    assert fewer.lower(7)
    assert 7 == fewer.now
    assert not fewer.lower(9), "that is not fewer"
    clock.advance(59)
    assert 7 == fewer.now
    clock.advance(61)
    assert 9 == fewer.now
    clock.advance(600)
    assert 10 == fewer.now
    fewer.lower(0)
    assert 1 == fewer.now
