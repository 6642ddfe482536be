from __future__ import annotations

import pytest

from app.telemetry import Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def spoken(clock: Clock, throttle: Throttle, seconds: int) -> list[int]:
    """Ask every second; the seconds at which it was time to speak."""
    found = []
    for second in range(seconds):
        clock.now = 100.0 + second
        if throttle.due():
            found.append(second)
    return found


def test_it_speaks_once_and_then_at_growing_intervals() -> None:
    clock = Clock()

    assert spoken(clock, Throttle(clock, first=5, longest=30), 120) == [0, 5, 15, 35, 65, 95]


def test_a_factor_of_one_is_steady() -> None:
    clock = Clock()

    assert spoken(clock, Throttle(clock, first=5, factor=1), 21) == [0, 5, 10, 15, 20]


def test_it_counts_what_it_kept_silent() -> None:
    clock = Clock()
    throttle = Throttle(clock)

    answers = [throttle.due() for _ in range(4)]

    assert answers == [True, False, False, False]
    assert throttle.silenced == 3
    clock.now += 5
    assert throttle.due()
    assert throttle.silenced == 0


def test_after_the_trouble_it_starts_afresh_and_tells_how_long_it_lasted() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    throttle.due()
    clock.now += 42

    assert throttle.over() == 42
    assert throttle.over() is None
    assert throttle.due()


def test_without_trouble_there_is_nothing_to_say_of_its_end() -> None:
    assert Throttle(Clock()).over() is None


def test_a_long_calm_lets_it_start_afresh() -> None:
    clock = Clock()
    throttle = Throttle(clock, first=5, longest=60)
    spoken(clock, throttle, 40)
    clock.now += 500

    assert throttle.due()
    clock.now += 5
    assert throttle.due()


@pytest.mark.parametrize(
    ("first", "factor", "longest"), [(0, 2, 60), (-1, 2, 60), (5, 0.5, 60), (60, 2, 5)]
)
def test_impossible_intervals_are_refused(first: float, factor: float, longest: float) -> None:
    with pytest.raises(ValueError, match="first"):
        Throttle(Clock(), first=first, factor=factor, longest=longest)
