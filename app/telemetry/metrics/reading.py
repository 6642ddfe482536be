"""What one series was at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.telemetry.metrics.definition import Definition
    from app.telemetry.metrics.exemplar import Exemplar


class Distribution(NamedTuple):
    """`counts` by bucket, not summed up, that above the last bound last."""

    counts: tuple[int, ...]
    sum: float
    exemplars: Mapping[int, Exemplar]


class Reading(NamedTuple):
    """`labels` are values, in the order of the definition's labels."""

    definition: Definition
    labels: tuple[str, ...]
    value: float | Distribution
    exemplar: Exemplar | None = None


class Snapshot(NamedTuple):
    """What all series were at one moment; may be rendered in any thread."""

    prefix: str
    readings: tuple[Reading, ...]
