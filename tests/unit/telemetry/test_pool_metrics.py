"""What a scrape shows of a real pool."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry

from app.pool import PoolConfig, Postpone, WorkerPool
from app.telemetry.metrics import Metrics, exposition
from app.telemetry.metrics.pool import POOL, RUN_BUCKETS
from app.telemetry.pool_metrics import PoolMetrics
from tests.support.waiting import run, until


def value(registry: CollectorRegistry, name: str, **labels: str) -> float:
    return registry.get_sample_value(f"mailer_pool_{name}", labels) or 0.0


def test_every_metric_is_fed_by_the_pool() -> None:
    registry = CollectorRegistry()
    postponed: set[str] = set()

    async def handler(job: str) -> str:
        if job == "wait":
            await asyncio.sleep(3600)
        if job == "later" and job not in postponed:
            postponed.add(job)
            raise Postpone(0.0)
        if job == "fail":
            raise ValueError(job)
        return job

    async def main() -> None:
        config = PoolConfig(workers=1, buffer=2, results_buffer=1)
        async with WorkerPool(handler, config, observer=PoolMetrics(registry)) as pool:
            for job in ("ok", "fail", "later"):
                _ = await pool.submit(job)
                await pool.wait()
            waiting = await pool.submit("wait")
            await until(lambda: pool.stats().busy, "it runs")
            _ = pool.try_submit("ok", size=70)
            assert value(registry, "busy_workers") == 1
            assert value(registry, "workers") == 1
            assert value(registry, "utilisation") == 1.0
            assert value(registry, "queue_depth") == 1
            assert value(registry, "bytes") == 70
            waiting.cancel()
            await pool.wait()
            pool.pause()
            assert value(registry, "paused") == 1
            pool.resume()
            await pool.resize(3)

    run(main())
    assert value(registry, "submitted_total", priority="normal") == 5
    assert value(registry, "processed_total", outcome="ok") == 3
    assert value(registry, "processed_total", outcome="failed") == 1
    assert value(registry, "processed_total", outcome="cancelled") == 1
    assert value(registry, "failed_total") == 1
    assert value(registry, "postponed_total") == 1
    assert value(registry, "paused") == 0
    assert value(registry, "resizes_total") == 1
    assert value(registry, "dropped_results_total") == 4
    assert value(registry, "queue_depth") == 0
    assert value(registry, "queue_wait_seconds_count") == 6
    assert value(registry, "processing_seconds_count", outcome="ok") == 3


def test_every_definition_is_shown_by_the_pool_with_something_in_it() -> None:
    """Those that the service does not use as well: retries, a breaker, callbacks."""
    metrics = Metrics()
    observer = PoolMetrics(metrics)
    observer.load(queued=1, parked=2, busy=3, workers=4, size=5)
    observer.paused()
    observer.submitted("high", 5)
    observer.rejected("QueueFull")
    observer.started("high", 0.1)
    observer.finished("high", "failed", 0.1, 0.2)
    observer.retried("high", 1, 0.5)
    observer.postponed("high", 0.5)
    observer.result_dropped()
    observer.resized(4)
    observer.stuck("job", 9.0)
    observer.breaker("closed", "open")
    observer.callback_failed("on_error")
    text = exposition(metrics.snapshot(), openmetrics=False)
    seen = {line.split("{")[0].split()[0] for line in text.splitlines() if line[-4:] != " 0.0"}
    missing = [
        each.name
        for each in POOL
        if not seen & {f"mailer_{each.series}", f"mailer_{each.series}_count"}
    ]
    assert [] == missing


def test_the_buckets_reach_beyond_a_second() -> None:
    assert [bucket for bucket in RUN_BUCKETS if bucket > 1]
    assert sorted(RUN_BUCKETS) == list(RUN_BUCKETS)
