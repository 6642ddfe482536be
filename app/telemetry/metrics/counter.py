"""Counting on the event loop: a number for each combination of label values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.telemetry.metrics.exemplar import Exemplar
from app.telemetry.metrics.reading import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.telemetry.metrics.definition import Definition


class Count:
    """One series; `add` is on the path of every message."""

    __slots__ = ("exemplar", "value")

    def __init__(self) -> None:
        self.value = 0
        self.exemplar: Exemplar | None = None

    def add(self, amount: int = 1, trace_id: str | None = None) -> None:
        """`trace_id` names a message that was counted here, if it is traced."""
        self.value += amount
        if trace_id is not None:
            self.exemplar = Exemplar.of(trace_id, amount)


class Counter:
    """All series of one definition. Keep the `Count` that `of` gives: looking it up costs more."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self._counts: dict[tuple[str, ...], Count] = {}

    def of(self, *labels: str) -> Count:
        """The series with these label values, in the definition's order; it begins at 0."""
        found = self._counts.get(labels)
        if found is None:
            if len(labels) != len(self.definition.labels):
                raise ValueError(f"{self.definition.name}: labels {labels!r}")
            found = self._counts[labels] = Count()
        return found

    def readings(self) -> Iterator[Reading]:
        for labels, count in self._counts.items():
            yield Reading(self.definition, labels, count.value, count.exemplar)
