"""A snapshot as Prometheus reads it: its text format, and OpenMetrics with exemplars."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Final

from app.telemetry.metrics.definition import Kind
from app.telemetry.metrics.reading import Distribution

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.telemetry.metrics.definition import Definition
    from app.telemetry.metrics.exemplar import Exemplar
    from app.telemetry.metrics.reading import Reading, Snapshot

_LABEL_ESCAPES: Final = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def exposition(snapshot: Snapshot, *, openmetrics: bool) -> str:
    """All series, each definition's together; without the `# EOF` that ends OpenMetrics."""
    by_definition: dict[str, list[Reading]] = {}
    for reading in snapshot.readings:
        by_definition.setdefault(reading.definition.name, []).append(reading)
    lines: list[str] = []
    for readings in by_definition.values():
        definition = readings[0].definition
        name = f"{snapshot.prefix}_{definition.name}"
        series = f"{snapshot.prefix}_{definition.series}"
        family = name if openmetrics else series
        lines += (
            f"# HELP {family} {_help(definition, openmetrics=openmetrics)}",
            f"# TYPE {family} {definition.kind}",
        )
        for reading in readings:
            lines += _lines(series, reading, openmetrics=openmetrics)
    lines.append("")
    return "\n".join(lines)


def samples(reading: Reading) -> Iterator[tuple[str, dict[str, str], float]]:
    """Suffix of the name, labels and value of each line that the reading makes."""
    labels = dict(zip(reading.definition.labels, reading.labels, strict=True))
    if isinstance(reading.value, Distribution):
        for bound, count in _cumulated(reading.definition, reading.value):
            yield "_bucket", {**labels, "le": bound}, count
        yield "_count", labels, sum(reading.value.counts)
        yield "_sum", labels, reading.value.sum
    elif reading.definition.kind is Kind.COUNTER:
        yield "_total", labels, reading.value
    else:
        yield "", labels, reading.value


def _lines(series: str, reading: Reading, *, openmetrics: bool) -> Iterator[str]:
    labels = ",".join(
        f'{label}="{value.translate(_LABEL_ESCAPES)}"'
        for label, value in zip(reading.definition.labels, reading.labels, strict=True)
    )
    braced = f"{{{labels}}}" if labels else ""
    value = reading.value
    if not isinstance(value, Distribution):
        yield f"{series}{braced} {_number(value)}{_shown(reading.exemplar, shown=openmetrics)}"
        return
    before = f"{labels}," if labels else ""
    for place, (bound, count) in enumerate(_cumulated(reading.definition, value)):
        told = _shown(value.exemplars.get(place), shown=openmetrics)
        yield f'{series}_bucket{{{before}le="{bound}"}} {_number(count)}{told}'
    yield f"{series}_count{braced} {_number(sum(value.counts))}"
    yield f"{series}_sum{braced} {_number(value.sum)}"


def _cumulated(definition: Definition, value: Distribution) -> Iterator[tuple[str, int]]:
    bounds = (*map(_number, definition.buckets), "+Inf")
    return zip(bounds, accumulate(value.counts), strict=True)


def _number(value: float) -> str:
    # As the client library writes them: whole ones too with a point.
    return repr(float(value))


def _shown(exemplar: Exemplar | None, *, shown: bool) -> str:
    if exemplar is None or not shown:
        return ""
    return f' # {{trace_id="{exemplar.trace_id}"}} {exemplar.value!r} {exemplar.at:.3f}'


def _help(definition: Definition, *, openmetrics: bool) -> str:
    text = definition.help.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if openmetrics else text
