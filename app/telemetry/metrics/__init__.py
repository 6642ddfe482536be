"""Metrics: each defined once, counted on the event loop, shown to Prometheus."""

from app.telemetry.metrics import intake, mail, pool, relay, service
from app.telemetry.metrics.by_label import ByLabel
from app.telemetry.metrics.catalogue import CATALOGUE
from app.telemetry.metrics.counter import Count, Counter
from app.telemetry.metrics.definition import Definition, Kind
from app.telemetry.metrics.exemplar import TraceId, untraced
from app.telemetry.metrics.exposition import exposition
from app.telemetry.metrics.histogram import Histogram, Spread
from app.telemetry.metrics.metrics import Metrics
from app.telemetry.metrics.reading import Reading, Snapshot

__all__ = [
    "CATALOGUE",
    "ByLabel",
    "Count",
    "Counter",
    "Definition",
    "Histogram",
    "Kind",
    "Metrics",
    "Reading",
    "Snapshot",
    "Spread",
    "TraceId",
    "exposition",
    "intake",
    "mail",
    "pool",
    "relay",
    "service",
    "untraced",
]
