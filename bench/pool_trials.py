"""What is tried with the pool: each trial gives its number, or a few."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
from typing import Any

from app.pool import PoolConfig, WorkerPool

WORKERS = 10
BUFFER = 100


async def no_op(job: Any) -> Any:
    return job


async def through_queue(jobs: int) -> float:
    """CPU seconds per no-op job through a bare queue."""
    queue: asyncio.Queue[int] = asyncio.Queue(BUFFER)

    async def work() -> None:
        while True:
            await no_op(await queue.get())
            queue.task_done()

    workers = [asyncio.create_task(work()) for _ in range(WORKERS)]
    began = time.process_time()
    for job in range(jobs):
        await queue.put(job)
    await queue.join()
    took = time.process_time() - began
    for worker in workers:
        worker.cancel()
    return took / jobs


async def through_pool(jobs: int) -> float:
    """CPU seconds per no-op job through `submit` and a `results()` reader."""
    async with WorkerPool(no_op, PoolConfig(workers=WORKERS, buffer=BUFFER)) as pool:

        async def read() -> None:
            left = jobs
            async for _ in pool.results():
                left -= 1
                if not left:
                    return

        reader = asyncio.create_task(read())
        await asyncio.sleep(0)
        began = time.process_time()
        for job in range(jobs):
            _ = await pool.submit(job)
        await reader
        return (time.process_time() - began) / jobs


async def try_submits(jobs: int) -> list[float]:
    async with WorkerPool(no_op, PoolConfig(workers=WORKERS, buffer=jobs)) as pool:
        times = []
        for job in range(jobs):
            began = time.perf_counter()
            _ = pool.try_submit(job)
            times.append(time.perf_counter() - began)
            if job % BUFFER == 0:
                await asyncio.sleep(0)
        return sorted(times)


async def bytes_each(jobs: int) -> float:
    async with WorkerPool(no_op, PoolConfig(workers=1, buffer=jobs)) as pool:
        pool.pause()
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(jobs):
            _ = pool.try_submit(None)
        gc.collect()
        used = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        pool.resume()
        return used / jobs


async def growing(_: None = None) -> float:
    """Seconds from the submission that reaches the threshold to the new worker's first job."""
    started: asyncio.Queue[float] = asyncio.Queue()

    async def handler(_job: object) -> None:
        started.put_nowait(time.perf_counter())
        await release.wait()

    release = asyncio.Event()
    config = PoolConfig(workers=1, min_workers=1, max_workers=5, buffer=50)
    async with WorkerPool(handler, config) as pool:
        _ticket = pool.try_submit(None)
        await started.get()
        for _job in range(5):
            _ticket = pool.try_submit(None)
        began = time.perf_counter()
        took = await started.get() - began
        release.set()
    return took


async def shrinking() -> float:
    """Seconds from the end of the cooldown until the spare worker is gone."""
    cooldown = 0.2
    config = PoolConfig(
        workers=1, min_workers=1, max_workers=5, scale_down_cooldown=cooldown, scale_down_at=1
    )
    async with WorkerPool(no_op, config) as pool:
        # Before the cooldown begins, or a process that is held up here would seem too quick.
        began = time.perf_counter()
        await pool.resize(2)
        while pool.stats().workers > 1:  # noqa: ASYNC110 - its end is what is measured
            await asyncio.sleep(0.001)
        return time.perf_counter() - began - cooldown


async def resting(seconds: float, *, paused: bool) -> float:
    """Share of one CPU that a pool at rest uses."""
    config = PoolConfig(workers=10, min_workers=5, max_workers=50, job_timeout=60, stuck_after=30)
    async with WorkerPool(no_op, config) as pool:
        if paused:
            pool.pause()
            for job in range(BUFFER):
                _ = pool.try_submit(job)
        await asyncio.sleep(0.1)
        began = time.process_time()
        await asyncio.sleep(seconds)
        used = time.process_time() - began
        pool.resume()
        return used / seconds


async def loaded(times: int, jobs: int) -> tuple[float, float, float]:
    """Queue wait p50 and p99, and run p99, in ms, at a multiple of what 10 workers can do."""

    async def handler(_job: object) -> None:
        await asyncio.sleep(0.002)

    per_second = times * WORKERS / 0.0025
    async with WorkerPool(handler, PoolConfig(workers=WORKERS, buffer=BUFFER)) as pool:
        began = time.perf_counter()
        for job in range(jobs):
            wait = began + job / per_second - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            _ = await pool.submit(job)
        await pool.wait()
        stats = pool.stats()
        return stats.queued_s.p50 * 1e3, stats.queued_s.p99 * 1e3, stats.run_s.p99 * 1e3


async def latency_bound(workers: int, rounds: int) -> float:
    async def handler(_job: object) -> None:
        await asyncio.sleep(0.1)

    async with WorkerPool(handler, PoolConfig(workers=workers, buffer=workers * 2)) as pool:
        began = time.perf_counter()
        for job in range(workers * rounds):
            _ = await pool.submit(job)
        await pool.wait()
        took = time.perf_counter() - began
        return workers * rounds / took / (workers / 0.1)
