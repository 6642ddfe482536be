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
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import uvloop

from bench.pool_trials import (
    bytes_each,
    growing,
    latency_bound,
    loaded,
    resting,
    shrinking,
    through_pool,
    through_queue,
    try_submits,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


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


def submit_latency(loop: str, jobs: int) -> list[Figure]:
    times = on(loop, partial(try_submits, jobs))
    return [
        Figure("try_submit p50", loop, times[jobs // 2] * 1e6, "us"),
        Figure("try_submit p99", loop, times[jobs * 99 // 100] * 1e6, "us", "< 20"),
    ]


def memory(loop: str, jobs: int) -> list[Figure]:
    each = on(loop, partial(bytes_each, jobs))
    return [Figure("memory per buffered job", loop, each, "bytes", "< 1000")]


def scaling(loop: str) -> list[Figure]:
    return [
        Figure("growing, reaction", loop, on(loop, growing) * 1e3, "ms", "< 10"),
        Figure("shrinking, after the cooldown", loop, on(loop, shrinking) * 1e3, "ms", "< 100"),
    ]


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
