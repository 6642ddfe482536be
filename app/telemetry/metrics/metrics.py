"""All metrics of the service, or of a part of it: counted on the event loop, read by scrapes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from prometheus_client.core import Metric

from app.telemetry.metrics.counter import Counter
from app.telemetry.metrics.exposition import samples
from app.telemetry.metrics.histogram import Histogram
from app.telemetry.metrics.reading import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from app.telemetry.metrics.definition import Definition
    from app.telemetry.metrics.reading import Reading

log = logging.getLogger(__name__)


class Metrics:
    """Names begin with `prefix` and `_`. Everything here is called on one event loop.

    States are not kept: a source gives them when somebody scrapes. A set may be registered with
    another, or with a registry of prometheus_client.
    """

    def __init__(self, prefix: str = "mailer") -> None:
        self.prefix = prefix
        self._sources: list[Callable[[], Iterable[Reading]]] = []

    def counter(self, definition: Definition) -> Counter:
        made = Counter(definition)
        self._sources.append(made.readings)
        return made

    def histogram(self, definition: Definition) -> Histogram:
        made = Histogram(definition)
        self._sources.append(made.readings)
        return made

    def source(self, read: Callable[[], Iterable[Reading]]) -> None:
        """Asked at each scrape; one that fails is logged, and the others are shown."""
        self._sources.append(read)

    def register(self, part: Metrics) -> None:
        """Show these too."""
        self._sources.append(part.readings)

    def readings(self) -> Iterator[Reading]:
        for source in self._sources:
            try:
                yield from source()
            except Exception:
                log.exception("some metrics cannot be read")

    def snapshot(self) -> Snapshot:
        """How everything is now: on the event loop, and cheap."""
        return Snapshot(self.prefix, tuple(self.readings()))

    def collect(self) -> Iterable[Metric]:
        """For a registry of prometheus_client."""
        found: dict[str, Metric] = {}
        for reading in self.readings():
            definition = reading.definition
            name = f"{self.prefix}_{definition.name}"
            metric = found.setdefault(name, Metric(name, definition.help, definition.kind))
            for suffix, labels, value in samples(reading):
                metric.add_sample(name + suffix, labels, value)
        return found.values()
