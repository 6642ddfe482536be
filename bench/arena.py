"""What every end-to-end run needs: a Kafka, a topic full of mails, and a counting relay."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shutil
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, Self

import orjson
import trustme
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewTopic

from bench.processes import Child
from tests.support.backends.backend import NotAvailable
from tests.support.backends.ladder import Ladder
from tests.support.kafka_clients import admin
from tests.support.ports import answers, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PARTITIONS: Final = 6
_COUNT: Final = re.compile(rb"mesg=(\d+)[^\d]")
_LONGEST: Final = 32  # octets of a count
_LOOK_S: Final = 0.01


@contextlib.contextmanager
def kafka(folder: Path) -> Iterator[str]:
    """Bootstrap addresses of what the test ladder finds; `TEST_KAFKA_BROKERS` names your own.

    Where it finds none, the program ends with 3.
    """
    ladder = Ladder.from_environment()
    try:
        broker = ladder.start(folder)
    except NotAvailable as why:
        print(f"Kafka: {why}", file=sys.stderr)
        sys.exit(3)
    print(f"Kafka: {broker.name}", file=sys.stderr)
    try:
        yield broker.brokers
    finally:
        ladder.stop()


def mail(number: int) -> bytes:
    """An envelope as producers of the old contract send it, about 1 kB when composed."""
    one = f"{number:07d}"
    return orjson.dumps(
        {
            "type": "password_reset",
            "message": {
                "id": f"reset-{one}",
                "from": "Accounts <accounts@example.com>",
                "to": f"user{one}@example.net",
                "subject": f"Reset your password, user {one}",
                "template": "password-reset",
                "data": {
                    "name": f"User {one}",
                    "link": f"https://accounts.example.com/reset?token={one * 4}",
                },
                "priority": "normal",
            },
        }
    )


async def _fill(brokers: str, topic: str, mails: int) -> None:
    await _create(brokers, topic)
    producer = AIOKafkaProducer(bootstrap_servers=brokers, max_batch_size=1 << 18)
    await producer.start()
    try:
        for partition in range(PARTITIONS):
            left = list(range(partition, mails, PARTITIONS))
            while left:
                batch = producer.create_batch()
                taken = 0
                while taken < len(left) and batch.append(
                    key=None, value=mail(left[taken]), timestamp=None
                ):
                    taken += 1
                batch.close()
                left = left[taken:]
                await (await producer.send_batch(batch, topic, partition=partition))
    finally:
        await producer.stop()


async def _rewind(brokers: str, topic: str, group: str) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=brokers, group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        await consumer.commit(dict.fromkeys(partitions, 0))
    finally:
        await consumer.stop()


async def _create(brokers: str, topic: str) -> None:
    async with admin(brokers) as client:
        await client.create_topics([NewTopic(topic, PARTITIONS, 1)])


def fill(brokers: str, topic: str, mails: int) -> None:
    asyncio.run(_fill(brokers, topic, mails))


def rewind(brokers: str, topic: str, group: str) -> None:
    """A group that begins at the beginning."""
    asyncio.run(_rewind(brokers, topic, group))


def create(brokers: str, topic: str) -> None:
    asyncio.run(_create(brokers, topic))


@dataclass(frozen=True, slots=True)
class Mark:
    """So many mails had come at that time (`time.perf_counter`)."""

    mails: int
    at_s: float


class Sink(Protocol):
    """A relay that counts."""

    name: str
    port: int
    ca_file: Path | None

    def mark(self) -> Mark: ...


class CountingSink:
    """A context manager over smtp-sink or `bench.sink`, which print how many mails came."""

    def __init__(self, folder: Path, *, tls: bool = False, delay_s: float = 0.0) -> None:
        self._folder = folder
        self._own = tls or delay_s > 0
        self._delay_s = delay_s
        self.name = "bench.sink" if self._own else "smtp-sink"
        self.port = 0
        self.ca_file: Path | None = None
        self._tls = tls
        self._mark = Mark(0, 0.0)
        self._child: Child | None = None

    def __enter__(self) -> Self:
        self._child = self._start_own() if self._own else self._start_postfix()
        threading.Thread(target=self._follow, args=(self._child,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._child is not None:
            self._child.kill()

    def mark(self) -> Mark:
        """Mails since the start, and when the last of them was seen."""
        return self._mark

    def cpu_s(self) -> float:
        return 0.0 if self._child is None else self._child.cpu_s()

    def _start_own(self) -> Child:
        command = [sys.executable, "-m", "bench.sink", "--count", f"--delay={self._delay_s}"]
        if self._tls:
            authority = trustme.CA()
            self.ca_file, pem = self._folder / "ca.pem", self._folder / "server.pem"
            authority.cert_pem.write_to_path(str(self.ca_file))
            certificate = authority.issue_cert("localhost", "127.0.0.1")
            certificate.private_key_and_cert_chain_pem.write_to_path(str(pem))
            command += [f"--certificate={pem}", "--starttls"]
        child = Child(command, pipe=True)
        self.port = int(child.line())
        return child

    def _start_postfix(self) -> Child:
        program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
        if program is None:
            sys.exit("smtp-sink is not installed (Debian: postfix)")
        self.port = free_port()
        user = ("-u", "nobody") if os.geteuid() == 0 else ()
        child = Child([program, "-c", *user, f"127.0.0.1:{self.port}", "1000"], pipe=True)
        deadline = time.monotonic() + 10
        while not answers(self.port):
            if time.monotonic() > deadline:
                sys.exit("smtp-sink does not listen")
            time.sleep(0.02)
        return child

    def _follow(self, child: Child) -> None:
        # Of its own, for the child's is closed when the run is over.
        with os.fdopen(os.dup(child.output), "rb", buffering=0) as output:
            cut = b""
            while chunk := output.read(1 << 16):
                # The last number may be cut; the one before it is whole.
                found = _COUNT.findall(cut + chunk)
                if found and int(found[-1]) != self._mark.mails:
                    self._mark = Mark(int(found[-1]), time.perf_counter())
                cut = (cut + chunk)[-_LONGEST:]
                time.sleep(_LOOK_S)
