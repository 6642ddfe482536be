"""What a metric is called, what it says, and how it is labelled: written down once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """COUNTER only grows; GAUGE is a state; HISTOGRAM counts how often something took how long."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """`name` without prefix and without the `_total` of a counter; `buckets` of a histogram only.

    `help` is one sentence without a full stop, and names the unit where the name does not.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()

    @property
    def series(self) -> str:
        """The name that a query takes; of a histogram, what its buckets and sum begin with."""
        return f"{self.name}_total" if self.kind is Kind.COUNTER else self.name


def counter(name: str, text: str, *labels: str) -> Definition:
    return Definition(name=name, kind=Kind.COUNTER, help=text, labels=labels)


def gauge(name: str, text: str, *labels: str) -> Definition:
    return Definition(name=name, kind=Kind.GAUGE, help=text, labels=labels)


def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Definition:
    return Definition(name=name, kind=Kind.HISTOGRAM, help=text, labels=labels, buckets=buckets)
