"""The pool's numbers in the log."""

from __future__ import annotations

import asyncio
import io
import json

from app.bootstrap.pool_report import report_pool
from app.pool import PoolConfig, PoolStats, WorkerPool
from app.telemetry import configure_logging
from tests.support.waiting import run, until


def test_counts_and_percentiles_are_logged_while_there_is_work_and_not_while_there_is_none() -> (
    None
):
    stream = io.StringIO()
    configure_logging("info", "json", stream)

    def reports() -> list[dict[str, object]]:
        lines = map(json.loads, stream.getvalue().splitlines())
        return [line for line in lines if line["event"] == "pool.stats"]

    async def handler(job: int) -> int:
        await asyncio.sleep(0.02)
        return job

    async def main() -> None:
        async with WorkerPool(handler, PoolConfig(workers=2)) as pool:
            asked = 0

            def stats() -> PoolStats:
                nonlocal asked
                asked += 1
                return pool.stats()

            reporting = asyncio.create_task(report_pool(stats, 0.01))
            for job in range(4):
                _ = await pool.submit(job)
            await pool.wait()
            await until(lambda: [one for one in reports() if one["completed"] == 4], "reported")
            said, last = len(reports()), asked
            await until(lambda: asked >= last + 5, "looked at again")
            assert said == len(reports())
            reporting.cancel()

    run(main())
    last = reports()[-1]
    assert last["submitted"] == 4
    assert last["stuck"] == []
    percentiles = last["run_ms"]
    assert isinstance(percentiles, dict)
    assert percentiles["p50"] >= 19
