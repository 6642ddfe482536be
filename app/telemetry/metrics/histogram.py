"""Distributions on the event loop: how often something took how long."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from app.telemetry.metrics.exemplar import Exemplar
from app.telemetry.metrics.reading import Distribution, Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.telemetry.metrics.definition import Definition


class Spread:
    """One series; `observe` is on the path of every message."""

    __slots__ = ("_bounds", "_counts", "_exemplars", "_sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0
        self._exemplars: dict[int, Exemplar] = {}

    def observe(self, value: float, trace_id: str | None = None) -> None:
        """`trace_id` names the message that it was observed at, if it is traced."""
        place = bisect_left(self._bounds, value)
        self._counts[place] += 1
        self._sum += value
        if trace_id is not None:
            self._exemplars[place] = Exemplar.of(trace_id, value)

    def distribution(self) -> Distribution:
        return Distribution(tuple(self._counts), self._sum, dict(self._exemplars))


class Histogram:
    """All series of one definition. Keep the `Spread` that `of` gives."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._spreads: dict[tuple[str, ...], Spread] = {}

    def of(self, *labels: str) -> Spread:
        """The series with these label values, in the definition's order."""
        found = self._spreads.get(labels)
        if found is None:
            if len(labels) != len(self.definition.labels):
                raise ValueError(f"{self.definition.name}: labels {labels!r}")
            found = self._spreads[labels] = Spread(self.definition.buckets)
        return found

    def readings(self) -> Iterator[Reading]:
        for labels, spread in self._spreads.items():
            yield Reading(self.definition, labels, spread.distribution())
