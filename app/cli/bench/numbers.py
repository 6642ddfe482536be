"""The service's own metrics at one moment, and what grew between two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_Series = tuple[str, "Mapping[str, str]", float]


@dataclass(frozen=True)
class Numbers:
    """`at_s` is of a clock that only grows; the text is read when it is asked for."""

    text: str
    at_s: float

    def sum(self, name: str, **labels: str) -> float:
        """Of all series of that name that have these labels; 0 where there is none."""
        return sum(
            value for _, found, value in self._named(name) if labels.items() <= found.items()
        )

    def by(self, name: str, label: str) -> dict[str, float]:
        """Sums by the values of a label."""
        sums: dict[str, float] = {}
        for _, labels, value in self._named(name):
            key = labels.get(label, "")
            sums[key] = sums.get(key, 0.0) + value
        return sums

    def _named(self, name: str) -> Sequence[_Series]:
        return self._series.get(name, ())

    @cached_property
    def _series(self) -> dict[str, list[_Series]]:
        found: dict[str, list[_Series]] = {}
        for family in text_string_to_metric_families(self.text):
            for sample in family.samples:
                series = (sample.name, sample.labels, float(sample.value))
                found.setdefault(sample.name, []).append(series)
        return found


@dataclass(frozen=True)
class Growth:
    """What came between two readings."""

    before: Numbers
    after: Numbers

    @property
    def seconds(self) -> float:
        return self.after.at_s - self.before.at_s

    def of(self, name: str, **labels: str) -> float:
        return self.after.sum(name, **labels) - self.before.sum(name, **labels)

    def by(self, name: str, label: str) -> dict[str, float]:
        """As `of`, by the values of a label."""
        earlier = self.before.by(name, label)
        return {
            key: value - earlier.get(key, 0.0) for key, value in self.after.by(name, label).items()
        }
