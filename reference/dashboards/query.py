"""Queries over the service's metrics, as their kind asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from app.telemetry.metrics import Kind, intake, pool, service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.telemetry.metrics import Definition

PREFIX: Final = "mailer"
CHOSEN: Final = 'job=~"$job",instance=~"$instance"'
QUANTILES: Final = (0.5, 0.95, 0.99)

# States of which a sum over instances says nothing.
_BY_INSTANCE: Final = {
    service.READY: "min",
    service.INFO: "max",
    service.PHASE: "max",
    service.ISSUE: "max",
    pool.UTILISATION: "max",
    pool.PAUSED: "max",
    intake.CHECKPOINT_OVERDUE: "max",
    intake.CHECKPOINT_BYTES: "max",
}


class Query(NamedTuple):
    """`legend` as Grafana takes it."""

    expression: str
    legend: str


def queries(definition: Definition, by: Iterable[str] | None = None) -> list[Query]:
    """What shows the metric: rates of a counter, quantiles of a histogram, a state as it is.

    `by` are the labels to be told apart, all where it is None.
    """
    labels = tuple(definition.labels if by is None else by)
    if definition in _BY_INSTANCE and by is None:
        labels = (*labels, "instance")
    name = f"{PREFIX}_{definition.series}"
    match definition.kind:
        case Kind.COUNTER:
            rate = f"rate({name}{{{CHOSEN}}}[$__rate_interval])"
            return [Query(f"{_over('sum', labels)}({rate})", _legend(labels))]
        case Kind.GAUGE:
            state = f"{name}{{{CHOSEN}}}"
            return [Query(f"{_over(_how(definition), labels)}({state})", _legend(labels))]
        case Kind.HISTOGRAM:
            rate = f"rate({name}_bucket{{{CHOSEN}}}[$__rate_interval])"
            summed = f"{_over('sum', ('le', *labels))}({rate})"
            return [
                Query(
                    f"histogram_quantile({quantile}, {summed})",
                    " ".join(filter(None, (f"p{quantile * 100:.0f}", _legend(labels)))),
                )
                for quantile in QUANTILES
            ]


def unit(definition: Definition) -> str:
    """Grafana's name for it."""
    counted = definition.kind is Kind.COUNTER
    if definition.name.endswith("_seconds"):
        return "percentunit" if counted else "s"
    if definition.name.endswith("_bytes"):
        return "Bps" if counted else "bytes"
    if definition is pool.UTILISATION:
        return "percentunit"
    return "cps" if counted else "short"


def _how(definition: Definition) -> str:
    return _BY_INSTANCE.get(definition) or (
        "max" if definition.name.endswith("_seconds") else "sum"
    )


def _over(how: str, labels: tuple[str, ...]) -> str:
    return f"{how} by ({', '.join(labels)}) " if labels else how


def _legend(labels: tuple[str, ...]) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)
