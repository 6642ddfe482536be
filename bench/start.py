"""How soon it answers: `--help`, and from exec to ready where Kafka and all topics are there."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from uuid import uuid4

from bench.arena import CountingSink, create, kafka
from bench.end_to_end import REPOSITORY, Arena, ours
from bench.latency import is_ready
from bench.processes import Child, machine
from tests.support.ports import free_port
from tests.support.waiting import wait_until


def _help() -> float:
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "app", "--help"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=REPOSITORY,
    )
    return time.perf_counter() - began


def _ready(arena: Arena) -> tuple[float, float]:
    """Seconds until ready, and resident MB then."""
    one, ops = ours(arena), free_port()
    env = {
        **one.env,
        "KAFKA_BROKERS": arena.brokers,
        "KAFKA_TOPIC": arena.topic,
        "KAFKA_GROUP_ID": f"g{uuid4().hex[:10]}",
        "SMTP_PORT": str(arena.sink.port),
        "EMAIL_WORKER_COUNT": str(arena.workers),
        "OPS_PORT": str(ops),
    }
    began = time.perf_counter()
    child = Child(one.command, env=env, log=arena.folder / "start.log", folder=arena.folder)
    try:
        wait_until(lambda: is_ready(ops), "the service is ready", 60.0)
        return time.perf_counter() - began, child.resident_mb()
    finally:
        child.stop()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.start", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with kafka(folder) as brokers, CountingSink(folder) as sink:
            create(brokers, "start-queue")
            arena = Arena(brokers, "start-queue", 0, 20, folder, sink)
            _ready(arena)  # makes the other topics, and warms the disk
            ready = [_ready(arena) for _ in range(options.runs)]
        helps = [_help() for _ in range(options.runs)]
    figures = {
        "help_s": statistics.median(helps),
        "ready_s": statistics.median(seconds for seconds, _ in ready),
        "resident_mb": statistics.median(resident for _, resident in ready),
    }
    if options.json:
        print(json.dumps({"machine": machine(), **figures}))
        return
    print(
        f"--help {figures['help_s']:.2f} s, ready {figures['ready_s']:.2f} s after exec, "
        f"{figures['resident_mb']:.0f} MB resident then; medians of {options.runs}"
    )


if __name__ == "__main__":
    main()
