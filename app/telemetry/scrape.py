"""What `/metrics` answers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import (
    CollectorRegistry,
    GCCollector,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.openmetrics import exposition as openmetrics_text

from app.telemetry.metrics import Metrics, exposition

if TYPE_CHECKING:
    from app.telemetry.metrics import Snapshot

PLAIN = "text/plain; version=0.0.4; charset=utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Exposed(NamedTuple):
    body: bytes
    media_type: str


class Scrape:
    """The service's metrics and the process's own, in the format that the scraper prefers.

    The numbers are taken on the event loop, of one moment; the text is made in a thread, for it
    takes longer.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)
        PlatformCollector(registry=self._process)
        GCCollector(registry=self._process)

    async def __call__(self, accept: str) -> Exposed:
        """`accept` is the request's header."""
        snapshot = self._metrics.snapshot()
        return await asyncio.to_thread(self._rendered, snapshot, wants_openmetrics(accept))

    def _rendered(self, snapshot: Snapshot, openmetrics: bool) -> Exposed:  # noqa: FBT001 - from a thread
        # Producers' values may hold what no encoding has.
        ours = exposition(snapshot, openmetrics=openmetrics).encode(errors="replace")
        if openmetrics:
            return Exposed(ours + self._of_process_in_openmetrics(), OPENMETRICS)
        return Exposed(ours + generate_latest(self._process), PLAIN)

    def _of_process_in_openmetrics(self) -> bytes:
        # The library types its plain format only.
        made: bytes = openmetrics_text.generate_latest(self._process)  # type: ignore[no-untyped-call]
        return made


def wants_openmetrics(accept: str) -> bool:
    """Whether OpenMetrics is preferred to the text format, by the weights that the header gives."""
    openmetrics = plain = 0.0
    for part in accept.split(","):
        media, *parameters = (each.strip() for each in part.split(";"))
        weight = _weight(parameters)
        if media == "application/openmetrics-text":
            openmetrics = max(openmetrics, weight)
        elif media == "text/plain":
            plain = max(plain, weight)
    return openmetrics > 0 and openmetrics >= plain


def _weight(parameters: list[str]) -> float:
    for each in parameters:
        name, _, value = each.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
