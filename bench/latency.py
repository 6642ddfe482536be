"""How long a mail takes from being produced to the relay's final reply, at a steady rate.

And the processor time of a mail at that rate: a request to Kafka is shared by few of them then.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import uvloop
from aiokafka import AIOKafkaProducer

from app.embedded.sink import EXTENSIONS, Manners, Session
from bench.arena import CountingSink, create, kafka, mail
from bench.end_to_end import Arena, ours
from bench.processes import Child, machine
from tests.support.ports import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBER: Final = re.compile(rb"^To: user(\d+)@", re.MULTILINE)
_WARM_UP: Final = 200


async def _measure(
    brokers: str, topic: str, folder: Path, mails: int, rate: float
) -> tuple[list[float], float]:
    """Seconds of each mail but the first ones, which find nothing warm; processor time of each."""
    produced: dict[int, float] = {}
    took: list[float] = []
    all_here = asyncio.Event()

    def heard(content: bytes) -> None:
        found = _NUMBER.search(content)
        if found is not None:
            took.append(time.perf_counter() - produced[int(found[1])])
            if len(took) == mails:
                all_here.set()

    manners = Manners(tuple(each for each in EXTENSIONS if each != "CHUNKING"), 0.0, heard=heard)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Session(manners), "127.0.0.1", 0, backlog=1000)
    port, ops = server.sockets[0].getsockname()[1], free_port()
    one = ours(Arena(brokers, topic, mails, 20, folder, CountingSink(folder)))
    child = Child(
        one.command,
        env={
            **one.env,
            "KAFKA_BROKERS": brokers,
            "KAFKA_TOPIC": topic,
            "KAFKA_GROUP_ID": f"g{uuid4().hex[:10]}",
            "EMAIL_WORKER_COUNT": "20",
            "SMTP_PORT": str(port),
            "OPS_PORT": str(ops),
        },
        log=folder / "service.log",
        folder=folder,
    )
    producer = AIOKafkaProducer(bootstrap_servers=brokers, linger_ms=0)
    await producer.start()
    try:
        await asyncio.to_thread(wait_until, lambda: is_ready(ops), "the service is ready", 60.0)
        began, cpu_s = loop.time(), 0.0
        for number in range(mails):
            await asyncio.sleep(began + number / rate - loop.time())
            if number == _WARM_UP:
                cpu_s = child.cpu_s()
            produced[number] = time.perf_counter()
            await producer.send(topic, mail(number))
        async with asyncio.timeout(60):
            await all_here.wait()
        cpu_s = child.cpu_s() - cpu_s
    finally:
        await producer.stop()
        server.close()
        await asyncio.to_thread(child.stop)
    return took[_WARM_UP:], cpu_s / (mails - _WARM_UP)


def is_ready(port: int) -> bool:
    """Whether the service on that port of operations takes mail."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def _percentiles(took: Sequence[float]) -> dict[str, float]:
    ordered = sorted(took)
    last = len(ordered) - 1
    return {
        name: round(ordered[round(last * part)] * 1000, 2)
        for name, part in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.latency", description=__doc__)
    parser.add_argument("--mails", type=int, default=2_000)
    parser.add_argument("--rate", type=float, default=100.0, help="mails a second")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, kafka(Path(place)) as brokers:
        create(brokers, "latency-queue")
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            took, cpu_s = runner.run(
                _measure(brokers, "latency-queue", Path(place), options.mails, options.rate)
            )
    figures: dict[str, Any] = {
        "rate": options.rate,
        "ms": _percentiles(took),
        "cpu_us": round(cpu_s * 1e6),
    }
    if options.json:
        print(json.dumps({"machine": machine(), **figures}))
        return
    print(f"{options.rate:g} mails a second, {len(took)} counted, milliseconds")
    print("  ".join(f"{name} {value:g}" for name, value in figures["ms"].items()))
    print(f"processor time {figures['cpu_us']} µs a mail")


if __name__ == "__main__":
    main()
