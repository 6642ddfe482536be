"""What the pool costs: `python -m bench.pool [--json] [--quick]`, a table or JSON.

CPU times are those of the process; the pool's runs and those of a bare `asyncio.Queue` with as
many workers take turns in the same process, and the quickest of each counts.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import platform
import sys
import time
import tracemalloc
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import uvloop

from app.pool import PoolConfig, WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}
WORKERS = 10
BUFFER = 100


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    loop: str
    value: float
    unit: str
    goal: str = ""


def on(loop: str, main: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    gc.collect()
    with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
        return runner.run(main())


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


def throughput(loop: str, jobs: int, rounds: int) -> list[Figure]:
    bare, pool = [], []
    for _ in range(rounds):
        bare.append(on(loop, partial(through_queue, jobs)))
        pool.append(on(loop, partial(through_pool, jobs)))
    return [
        Figure("no-op job, asyncio.Queue", loop, min(bare) * 1e6, "us CPU"),
        Figure("no-op job, pool", loop, min(pool) * 1e6, "us CPU"),
        Figure("pool against asyncio.Queue", loop, min(bare) / min(pool), "x", ">= 0.35"),
    ]


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


def submit_latency(loop: str, jobs: int) -> list[Figure]:
    times = on(loop, partial(try_submits, jobs))
    return [
        Figure("try_submit p50", loop, times[jobs // 2] * 1e6, "us"),
        Figure("try_submit p99", loop, times[jobs * 99 // 100] * 1e6, "us", "< 20"),
    ]


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


def memory(loop: str, jobs: int) -> list[Figure]:
    each = on(loop, partial(bytes_each, jobs))
    return [Figure("memory per buffered job", loop, each, "bytes", "< 1000")]


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
        await pool.resize(2)
        began = time.perf_counter()
        while pool.stats().workers > 1:  # noqa: ASYNC110 - its end is what is measured
            await asyncio.sleep(0.001)
        return time.perf_counter() - began - cooldown


def scaling(loop: str) -> list[Figure]:
    return [
        Figure("growing, reaction", loop, on(loop, growing) * 1e3, "ms", "< 10"),
        Figure("shrinking, after the cooldown", loop, on(loop, shrinking) * 1e3, "ms", "< 100"),
    ]


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


def idle(loop: str, seconds: float) -> list[Figure]:
    return [
        Figure(
            f"{what} pool",
            loop,
            on(loop, partial(resting, seconds, paused=what == "paused")) * 100,
            "% CPU",
            "< 0.1",
        )
        for what in ("idle", "paused")
    ]


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


def load(loop: str, jobs: int) -> list[Figure]:
    figures = []
    for times in (1, 5):
        p50, p99, run = on(loop, partial(loaded, times, jobs))
        figures += [
            Figure(f"queue wait p50 at {times}x load", loop, p50, "ms"),
            Figure(f"queue wait p99 at {times}x load", loop, p99, "ms"),
            Figure(f"2 ms handler p99 at {times}x load", loop, run, "ms"),
        ]
    return figures


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


def workers_share(loop: str, rounds: int) -> list[Figure]:
    return [
        Figure(
            f"100 ms handler, {workers} workers",
            loop,
            on(loop, partial(latency_bound, workers, rounds)) * 100,
            "% of ideal",
            ">= 98",
        )
        for workers in (1, 5, 10, 20, 500)
    ]


def measure(*, quick: bool) -> list[Figure]:
    jobs, rounds = (20_000, 3) if quick else (100_000, 7)
    figures = []
    for loop in LOOPS:
        figures += throughput(loop, jobs, rounds)
        figures += submit_latency(loop, jobs)
        figures += memory(loop, 20_000)
        figures += scaling(loop)
        figures += idle(loop, 1.0 if quick else 5.0)
        figures += load(loop, 1_000 if quick else 5_000)
        figures += workers_share(loop, 5 if quick else 20)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.pool", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    parser.add_argument("--quick", action="store_true", help="fewer jobs and rounds")
    options = parser.parse_args()
    figures = measure(quick=options.quick)
    report = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        "figures": [asdict(figure) for figure in figures],
    }
    if not options.json:
        print(f"{'':36}{'loop':9}{'':>12}  {'':11}goal")
        for figure in figures:
            number = f"{figure.value:12,.3f}"
            print(f"{figure.what:36}{figure.loop:9}{number}  {figure.unit:11}{figure.goal}")
        print()
    json.dump(report, sys.stdout, indent=None if not options.json else 2)
    print()


if __name__ == "__main__":
    main()
