"""What Prometheus reads, by the client library's own parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_openmetrics,
)
from prometheus_client.parser import text_string_to_metric_families as parse_text

from app.telemetry.metrics import Metrics, Reading, exposition
from app.telemetry.metrics.definition import counter, gauge, histogram

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client import Metric

THINGS = counter("things", "Things of a \\ sort", "sort")
DEPTH = gauge("depth", 'How "deep"')
TIMES = histogram("times_seconds", "How long", (0.5, 1.0, 30.0), "way")

Found = dict[tuple[str, frozenset[tuple[str, str]]], float]


def found(families: Iterable[Metric]) -> Found:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def both(metrics: Metrics) -> list[Found]:
    snapshot = metrics.snapshot()
    plain = exposition(snapshot, openmetrics=False)
    other = exposition(snapshot, openmetrics=True) + "# EOF\n"
    return [
        found(parse_text(plain)),
        found(parse_openmetrics(other)),  # type: ignore[no-untyped-call]
    ]


def test_each_kind_reads_back_in_both_formats() -> None:
    metrics = Metrics("my")
    things = metrics.counter(THINGS)
    things.of("red").add(2)
    things.of("red").add()
    things.of("blue")
    times = metrics.histogram(TIMES).of("up")
    for seconds in (0.5, 0.7, 31):
        times.observe(seconds)
    metrics.source(lambda: [Reading(DEPTH, (), True)])
    for read in both(metrics):
        way = ("way", "up")
        assert {
            ("my_things_total", frozenset({("sort", "red")})): 3,
            ("my_things_total", frozenset({("sort", "blue")})): 0,
            ("my_times_seconds_bucket", frozenset({way, ("le", "0.5")})): 1,
            ("my_times_seconds_bucket", frozenset({way, ("le", "1.0")})): 2,
            ("my_times_seconds_bucket", frozenset({way, ("le", "30.0")})): 2,
            ("my_times_seconds_bucket", frozenset({way, ("le", "+Inf")})): 3,
            ("my_times_seconds_count", frozenset({way})): 3,
            ("my_times_seconds_sum", frozenset({way})): 32.2,
            ("my_depth", frozenset()): 1,
        } == read


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_label_value_reads_back(value: str) -> None:
    metrics = Metrics()
    metrics.counter(THINGS).of(value).add(7)
    for read in both(metrics):
        assert {("mailer_things_total", frozenset({("sort", value)})): 7} == read


def test_a_traced_message_is_named_in_openmetrics_alone() -> None:
    metrics = Metrics()
    metrics.counter(THINGS).of("red").add(1, "4bf92f3577b34da6a3ce929d0e0e4736")
    times = metrics.histogram(TIMES).of("up")
    times.observe(0.7, "0af7651916cd43dd8448eb211c80319c")
    times.observe(0.6)
    snapshot = metrics.snapshot()
    assert "trace_id" not in exposition(snapshot, openmetrics=False)
    families = parse_openmetrics(exposition(snapshot, openmetrics=True) + "# EOF\n")  # type: ignore[no-untyped-call]
    exemplars = {
        sample.labels.get("le", sample.name): (
            sample.exemplar.labels["trace_id"][:4],
            sample.exemplar.value,
        )
        for family in families
        for sample in family.samples
        if sample.exemplar
    }
    assert {"mailer_things_total": ("4bf9", 1.0), "1.0": ("0af7", 0.7)} == exemplars


def test_parts_are_shown_with_the_whole_and_a_failing_source_harms_no_other() -> None:
    def broken() -> list[Reading]:
        raise LookupError("gone")

    whole, part = Metrics(), Metrics()
    whole.source(broken)
    part.counter(THINGS).of("red").add()
    whole.register(part)
    for read in both(whole):
        assert {("mailer_things_total", frozenset({("sort", "red")})): 1} == read


def test_a_registry_of_the_client_library_takes_them() -> None:
    metrics, registry = Metrics(), CollectorRegistry()
    metrics.counter(THINGS).of("red").add(3)
    metrics.histogram(TIMES).of("up").observe(0.1)
    registry.register(metrics)
    assert registry.get_sample_value("mailer_things_total", {"sort": "red"}) == 3
    assert found(parse_text(generate_latest(registry).decode())) == both(metrics)[0]


def test_labels_are_those_of_the_definition() -> None:
    with pytest.raises(ValueError, match="things"):
        Metrics().counter(THINGS).of("red", "blue")
    with pytest.raises(ValueError, match="times"):
        Metrics().histogram(TIMES).of()
