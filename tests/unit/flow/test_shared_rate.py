from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.flow import ManualClock, SharedRate, Use, part_of

USES = st.builds(Use, st.floats(0, 1_000), st.booleans())


@given(st.floats(0.001, 10_000), st.lists(USES, min_size=1, max_size=8))
def test_the_parts_of_all_are_the_whole(whole: float, uses: list[Use]) -> None:
    parts = [
        part_of(whole, mine, [*uses[:number], *uses[number + 1 :]])
        for number, mine in enumerate(uses)
    ]
    assert whole == pytest.approx(sum(parts))
    assert all(part >= whole * 0.05 / len(uses) for part in parts)


def test_alone_it_has_the_whole() -> None:
    assert 50.0 == part_of(50.0, Use(3.0, waited=False), [])
    assert 50.0 == part_of(50.0, Use(50.0, waited=True), [])


def test_all_that_wait_have_the_same_whatever_they_had_before() -> None:
    assert 25.0 == part_of(50.0, Use(48.0, waited=True), [Use(2.0, waited=True)])
    assert 25.0 == part_of(50.0, Use(2.0, waited=True), [Use(48.0, waited=True)])


def test_who_waits_has_what_the_idle_leave() -> None:
    assert 47.5 == part_of(50.0, Use(25.0, waited=True), [Use(0.0, waited=False)])
    assert 2.5 == part_of(50.0, Use(0.0, waited=False), [Use(25.0, waited=True)])


def test_who_waits_not_keeps_what_it_uses_and_half_of_that_again() -> None:
    assert 17.5 == part_of(50.0, Use(10.0, waited=False), [Use(25.0, waited=True)])
    assert 32.5 == part_of(50.0, Use(25.0, waited=True), [Use(10.0, waited=False)])


def test_a_part_is_kept_as_a_rate_is() -> None:
    clock = ManualClock()
    shared = SharedRate(50.0, 0.1, clock=clock)
    assert (50.0, 50.0, 5.0) == (shared.whole, shared.rate, shared.burst)
    shared.have(10.0)
    assert (50.0, 10.0, 1.0) == (shared.whole, shared.rate, shared.burst)
    shared.take()
    assert 0.1 == pytest.approx(shared.ready_in())


def test_its_use_is_what_was_taken_since_it_was_asked_last() -> None:
    clock = ManualClock()
    shared = SharedRate(50.0, 0.1, clock=clock)
    for _ in range(4):
        shared.take()
    shared.give_back()
    clock.advance(0.5)
    assert Use(6.0, waited=False) == shared.use()
    clock.advance(1.0)
    assert Use(0.0, waited=False) == shared.use()


def test_who_had_to_wait_counts_as_waiting_for_some_seconds() -> None:
    clock = ManualClock()
    shared = SharedRate(10.0, 0.1, clock=clock)
    for _ in range(2):
        shared.take()
    clock.advance(3.0)
    assert shared.use().waited
    clock.advance(0.1)
    assert not shared.use().waited
