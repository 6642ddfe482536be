"""How an adaptive limit rests, is cut, and grows again."""

from __future__ import annotations

import math
from typing import Any

import pytest

from app.flow import AdaptiveLimit, ManualClock


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
