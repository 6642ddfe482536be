"""The pool's numbers in the log, now and then while it has work."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from app.telemetry import get_logger

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.pool import PoolStats

EVERY_S = 60.0


async def report_pool(stats: Callable[[], PoolStats], every_s: float = EVERY_S) -> None:
    """Log `pool.stats` every minute in which a job was submitted or ended, until cancelled."""
    logger = get_logger("pool")
    before: tuple[int, int] | None = None
    while True:
        await asyncio.sleep(every_s)
        now = stats()
        moved = (now.submitted, now.queued + now.parked + now.busy)
        if moved != before:
            before = moved
            logger.info("pool.stats", **_fields(now))


def _fields(now: PoolStats) -> dict[str, Any]:
    """Counts as they are, percentiles in whole milliseconds."""
    fields = asdict(now)
    for name, found in (("run", now.run_s), ("queued", now.queued_s)):
        del fields[f"{name}_s"]
        fields[f"{name}_ms"] = {key: round(value * 1000) for key, value in found._asdict().items()}
    fields["uptime_s"] = round(now.uptime_s)
    fields["throughput_1m"] = round(now.throughput_1m, 1)
    fields["stuck"] = [each.job_id for each in now.stuck]
    return fields
