"""A bar is for what takes long, and for a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console
from rich.progress import Progress, TextColumn

from app.cli.progress import SOON_S, Reading, new_bar


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Bars:
    """Makes bars and remembers how each stood when it was last drawn."""

    def __init__(self) -> None:
        self.made: list[Progress] = []

    def __call__(self) -> Progress:
        console = Console(file=io.StringIO(), force_terminal=True)
        self.made.append(Progress(TextColumn("{task.fields[count]}"), console=console))
        return self.made[-1]

    @property
    def shown(self) -> list[Any]:
        return [task.fields["count"] for bar in self.made for task in bar.tasks]


def test_what_is_done_in_a_moment_shows_none() -> None:
    bars = Bars()
    with Reading(bar=bars, monotonic=Clock()) as reading:
        reading(5, 10)
        reading(10, 10)
    assert bars.made == []


def test_what_takes_longer_is_told_and_taken_away() -> None:
    bars, clock = Bars(), Clock()
    with Reading("letters", bar=bars, monotonic=clock) as reading:
        reading(1, 2000)
        clock.now = SOON_S
        reading(1000, 2000)
        assert bars.shown == ["1,000 of 2,000 letters"]
        assert bars.made[0].live.is_started
        reading(2000, 2000)
        assert not bars.made[0].live.is_started


def test_an_error_takes_it_away_too() -> None:
    bars, clock = Bars(), Clock()

    def read() -> None:
        with Reading(bar=bars, monotonic=clock) as reading:
            reading(0, 2)
            clock.now = SOON_S
            reading(1, 2)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read()
    assert not bars.made[0].live.is_started


def test_there_is_none_without_a_terminal() -> None:
    assert new_bar() is None
