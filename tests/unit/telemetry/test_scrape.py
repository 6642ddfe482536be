"""Which format a scraper gets, and that nothing keeps it from getting one."""

from __future__ import annotations

import asyncio
import time

import pytest

from app.telemetry import Metrics
from app.telemetry.loop_lag import watch_loop
from app.telemetry.metrics.definition import counter, histogram
from app.telemetry.scrape import Scrape, wants_openmetrics
from tests.support.waiting import run, until

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;q=0.5,"
    "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


@pytest.mark.parametrize(
    ("accept", "openmetrics"),
    [
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml,*/*;q=0.8", False),
        ("text/plain", False),
        (PROMETHEUS, True),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text;q=0.2, text/plain;q=0.9", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;q=much", False),
    ],
)
def test_the_format_is_the_one_preferred(accept: str, *, openmetrics: bool) -> None:
    assert openmetrics is wants_openmetrics(accept)


def test_a_value_that_no_encoding_has_does_not_end_scraping() -> None:
    metrics = Metrics()
    metrics.counter(counter("things", "Things", "sort")).of("a\ud800b").add()
    exposed = run(Scrape(metrics)(""))
    assert b'mailer_things_total{sort="a?b"} 1.0\n' in exposed.body


def test_the_process_is_told_of_too() -> None:
    text = run(Scrape(Metrics())(PROMETHEUS)).body.decode()
    for name in ("process_resident_memory_bytes", "python_gc_collections_total", "python_info"):
        assert name in text
    assert text.endswith("# EOF\n")
    assert text.count("# EOF") == 1


def test_a_loop_that_is_held_up_is_seen() -> None:
    lag = Metrics().histogram(histogram("lag_seconds", "Lag", (0.05, 1.0))).of()

    async def main() -> None:
        watching = asyncio.create_task(watch_loop(lag, 0.01))
        await asyncio.sleep(0)
        time.sleep(0.1)  # noqa: ASYNC251 - it is what shall be seen
        await until(lambda: sum(lag.distribution().counts), "it was observed")
        watching.cancel()

    run(main())
    assert lag.distribution().counts[1:] != (0, 0)
