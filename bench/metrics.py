"""What metrics cost: each message's counts, ours against prometheus_client's, and a large scrape.

Times are CPU microseconds a message and milliseconds a scrape, the best of the rounds. Both sides
count the same: the pool's events of one job, and one outcome. Those of the client library are kept
by key as ours are, for `labels()` alone takes longer.
Run as `python -m bench.metrics`, with `--json` for machines.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import prometheus_client

from app.domain.claim import Claim
from app.domain.outcome import Status
from app.outcomes.decision import Decision
from app.telemetry import MailMetrics, Metrics, PoolMetrics
from app.telemetry.metrics import Kind, mail, pool
from app.telemetry.scrape import Scrape

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.telemetry.metrics import Definition

MESSAGES = 20_000
OUTCOMES = [
    Decision(
        Claim("email-queue", 0, number, 1),
        Status.DELIVERED,
        fields={
            "type": f"type-{number % 20}",
            "relay": "mail:587",
            "recipients": [
                {"address": f"ann@mail-{number % 500}.example", "status": Status.DELIVERED}
            ],
        },
        template=f"type-{number % 20}",
        age_s=0.2,
    )
    for number in range(1000)
]


class ByLibrary:
    """The same series, counted by prometheus_client."""

    def __init__(self) -> None:
        self._registry = prometheus_client.CollectorRegistry()
        self._made: dict[str, Any] = {}
        self._children: dict[tuple[str, ...], Any] = {}

    def of(self, definition: Definition, *labels: str) -> Any:
        key = (definition.name, *labels)
        child = self._children.get(key)
        if child is None:
            made = self._made.get(definition.name) or self._make(definition)
            child = self._children[key] = made.labels(*labels) if labels else made
        return child

    def _make(self, definition: Definition) -> Any:
        how: dict[str, Any] = {"registry": self._registry}
        sort: Callable[..., Any] = prometheus_client.Counter
        if definition.kind is Kind.HISTOGRAM:
            sort = prometheus_client.Histogram
            how["buckets"] = definition.buckets
        made = sort(definition.name, definition.help, definition.labels, **how)
        self._made[definition.name] = made
        return made

    def job(self) -> None:
        self.of(pool.SUBMITTED, "normal").inc()
        self.of(pool.QUEUE_WAIT).observe(0.1)
        self.of(pool.PROCESSED, "ok").inc()
        self.of(pool.PROCESSING, "ok").observe(0.2)

    def outcome(self, decision: Decision) -> None:
        fields, status = decision.fields, str(decision.status)
        self.of(mail.OUTCOMES, status, "none").inc()
        self.of(mail.BY_TYPE, fields["type"], status).inc()
        self.of(mail.BY_TEMPLATE, str(decision.template), status).inc()
        self.of(mail.BY_RELAY, fields["relay"], status).inc()
        for each in fields["recipients"]:
            domain = each["address"].rpartition("@")[2]
            self.of(mail.RECIPIENTS, domain, each["status"]).inc()
        self.of(mail.AGE).observe(decision.age_s)


def _job(observer: PoolMetrics) -> None:
    """As the pool tells it."""
    observer.submitted("normal", 1000)
    observer.load(1, 0, 5, 10, 1000)
    observer.started("normal", 0.1)
    observer.load(0, 0, 6, 10, 1000)
    observer.finished("normal", "ok", 0.1, 0.2)
    observer.load(0, 0, 5, 10, 0)


def _microseconds(work: Callable[[Decision], None]) -> float:
    began = time.process_time()
    for number in range(MESSAGES):
        work(OUTCOMES[number % len(OUTCOMES)])
    return (time.process_time() - began) / MESSAGES * 1e6


def _scrape_ms(scrape: Scrape) -> tuple[float, int]:
    async def main() -> tuple[float, int]:
        began = time.perf_counter()
        exposed = await scrape("application/openmetrics-text")
        return (time.perf_counter() - began) * 1e3, len(exposed.body)

    return asyncio.run(main())


def measure(rounds: int) -> dict[str, float]:
    """Interleaved, so that what else the machine does meets both."""
    metrics = Metrics()
    observer, outcomes, library = PoolMetrics(metrics), MailMetrics(metrics, "dlq"), ByLibrary()
    sides: dict[str, Callable[[Decision], None]] = {
        "nothing, µs": lambda _: None,
        "a job of the pool, µs": lambda _: _job(observer),
        "an outcome, µs": outcomes.hear,
        "a job, by the library, µs": lambda _: library.job(),
        "an outcome, by the library, µs": library.outcome,
    }
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(rounds):
        for name, work in sides.items():
            best[name] = min(best[name], _microseconds(work))
    scrapes = [_scrape_ms(Scrape(metrics)) for _ in range(rounds)]
    best["a scrape, ms"] = min(ms for ms, _ in scrapes)
    best["a scrape, kB"] = scrapes[-1][1] / 1000
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    found = measure(arguments.rounds)
    if arguments.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
        return
    for name, value in found.items():
        print(f"{name:<34}{value:>8.2f}")


if __name__ == "__main__":
    main()
