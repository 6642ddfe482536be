"""The path of a message alone: the whole service in one process, Kafka and relay in memory.

What is left is what our own code takes for each message, from the record to the settled offset;
neither aiokafka nor a socket is in it. Processor time, the quickest of the rounds. With
`--profile` the functions that take it, with their calls a message.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import os
import pstats
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO
from unittest.mock import patch

import uvloop

from app.bootstrap import service as services
from app.bootstrap.topics import Topics
from app.domain.record import Partition, Record
from app.intake.resume import Plan
from app.kafka import Committed, Written
from app.settings import load
from app.telemetry import AddressView, MailLog, configure_logging
from bench.arena import PARTITIONS, mail
from bench.processes import machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from app.domain.record import Outgoing

TOPIC: Final = "email-queue"
TEMPLATES: Final = Path(__file__).parent / "templates"
BATCH_S: Final = 0.002


class MemoryConsumer:
    """Hands out records that were made before; commits go nowhere."""

    made: Final[list[MemoryConsumer]] = []

    def __init__(self, _config: object, group: str, *, times: Any, **_: object) -> None:
        self.group, self.times = group, times
        self.records: dict[Partition, list[Record]] = {}
        self._next: dict[Partition, int] = {}
        self._more = asyncio.Event()
        self.joined = asyncio.Event()
        self.made.append(self)

    async def start(self, topics: Sequence[str], assignment: Any) -> None:
        partitions = frozenset(Partition(topic, n) for topic in topics for n in range(PARTITIONS))
        self._next = dict.fromkeys(partitions, 0)
        self.records = {partition: [] for partition in partitions}
        assignment.assigned(partitions)
        self.joined.set()

    def check(self) -> None:
        pass

    async def poll(
        self, partitions: Iterable[Partition], *, room: int, timeout_s: float
    ) -> dict[Partition, list[Record]]:
        found: dict[Partition, list[Record]] = {}
        for partition in partitions:
            at = self._next[partition]
            if taken := self.records[partition][at : at + room]:
                found[partition] = taken
                self._next[partition] = at + len(taken)
                room -= len(taken)
        if not found and timeout_s:
            self._more.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._more.wait()
            except TimeoutError:
                pass
        return found

    def feed(self, number: int) -> None:
        for n in range(number):
            partition = Partition(TOPIC, n % PARTITIONS)
            kept = self.records[partition]
            offset = len(kept)
            kept.append(
                Record(TOPIC, partition.number, offset, int(time.time() * 1000), None, mail(n), ())
            )

    def go(self) -> None:
        self._more.set()

    def seek(self, partition: Partition, offset: int) -> None:
        self._next[partition] = offset

    async def position(self, partition: Partition) -> int:
        return self._next[partition]

    def log_end(self, partition: Partition) -> int:
        return len(self.records[partition])

    async def commit(self, commits: Mapping[Partition, object], timeout_s: float) -> None:
        pass

    async def stop(self, seconds: float = 5.0) -> None:
        pass


class MemoryProducer:
    """Acknowledges what was sent a moment later, as a batch."""

    def __init__(self, *_: object, **__: object) -> None:
        self._waiting: list[Callable[[Written], None]] = []
        self.written = 0
        self.wanted = 0
        self.done = asyncio.Event()

    async def start(self) -> None:
        pass

    async def stop(self, seconds: float = 5.0) -> None:
        pass

    def send(self, outgoing: Outgoing, done: Callable[[Written], None]) -> None:
        if not self._waiting:
            asyncio.get_running_loop().call_later(BATCH_S, self._answer, outgoing.topic)
        self._waiting.append(done)

    def _answer(self, topic: str) -> None:
        waiting, self._waiting = self._waiting, []
        for done in waiting:
            self.written += 1
            done(Written(topic, 0, self.written))
        if self.written >= self.wanted:
            self.done.set()


async def _prepare(settings: Any, _kafka: object, _routes: object, _on: object) -> Topics:
    tiers = tuple(f"{TOPIC}-retry-{each}" for each in ("30s", "5m"))
    return Topics(settings.kafka_topic, PARTITIONS, (), tiers, 1 << 20)


class MemoryResuming:
    """Nothing was read before."""

    def __init__(self, _config: object, consumer: MemoryConsumer, **_: object) -> None:
        self.consumer = consumer

    async def plans(self, partitions: Iterable[Partition]) -> dict[Partition, Plan]:
        return {partition: Plan(0, ()) for partition in partitions}

    async def committed(self, _partition: Partition) -> Committed:
        return Committed(0, "")

    async def close(self) -> None:
        pass


async def _forever(*_: object) -> None:
    await asyncio.Event().wait()


async def _rounds(
    messages: int, rounds: int, profile: cProfile.Profile | None, nowhere: TextIO
) -> list[float]:
    """Processor seconds of each round."""
    flags = {
        "email_dry_run": "true",
        "email_templates": str(TEMPLATES),
        "email_suppressions_topic": "",
        "email_worker_count": "20",
        "email_worker_buffer": "200",
    }
    settings = load(flags, env_file=None, secrets_folder=None).settings
    lines = configure_logging("info", "json", nowhere, addresses=AddressView("masked"))
    with ExitStack() as stack:
        for target, double in {
            "app.bootstrap.service.prepare": _prepare,
            "app.bootstrap.service.Producer": MemoryProducer,
            "app.bootstrap.service.probe_brokers": _forever,
            "app.bootstrap.reading.Consumer": MemoryConsumer,
            "app.bootstrap.reading.Resuming": MemoryResuming,
        }.items():
            stack.enter_context(patch(target, double))
        service = services.Service(settings, MailLog(lines))
        await service.start()
        producer: Any = service._producer  # noqa: SLF001 - the double put in above
        consumer = next(each for each in MemoryConsumer.made if "retry" not in each.group)
        took = []
        try:
            for _ in range(rounds):
                await consumer.joined.wait()
                consumer.feed(messages)
                producer.wanted = producer.written + messages
                producer.done.clear()
                began = time.process_time()
                if profile is not None:
                    profile.enable()
                consumer.go()
                await producer.done.wait()
                if profile is not None:
                    profile.disable()
                took.append(time.process_time() - began)
        finally:
            await service.drain(1.0)
    return took


def _show_profile(profile: cProfile.Profile, messages: int, most: int) -> None:
    stats: Any = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in the stubs
    rows = sorted(
        (own, calls, total, f"{Path(file).name}:{line} {name}")
        for (file, line, name), (_, calls, own, total, _) in stats.items()
    )
    print(f"{sum(row[1] for row in rows) / messages:.0f} calls a message")
    print(f"{'own µs':>8}{'with all':>10}{'calls':>8}")
    for own, calls, total, what in rows[: -most - 1 : -1]:
        scale = 1e6 / messages
        print(f"{own * scale:8.2f}{total * scale:10.2f}{calls / messages:8.2f}  {what}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.path", description=__doc__)
    parser.add_argument("--messages", type=int, default=3_000, help="in each round")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--profile", type=int, nargs="?", const=60, metavar="ROWS")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    profile = cProfile.Profile() if options.profile else None
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        took = runner.run(_rounds(options.messages, options.rounds, profile, nowhere))
    each = sorted(seconds / options.messages * 1e6 for seconds in took)
    if profile is not None:
        _show_profile(profile, options.messages * options.rounds, options.profile)
    figures = {"least": each[0], "median": each[len(each) // 2], "most": each[-1]}
    if options.json:
        print(json.dumps({"machine": machine(), "cpu_us": figures}))
    else:
        print(f"{each[0]:.1f} µs of processor time a message, median {figures['median']:.1f}")


if __name__ == "__main__":
    main()
