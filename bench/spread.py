"""Figures of several runs: the least, the median and the most of each."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def print_spread(figures: Mapping[str, Sequence[float]], digits: int) -> None:
    """A table with a row for each."""
    print(f"{'':<26}{'min':>8}{'median':>8}{'max':>8}")
    for name, values in figures.items():
        spread = (min(values), median(values), max(values))
        print(f"{name:<26}" + "".join(f"{each:>8.{digits}f}" for each in spread))
