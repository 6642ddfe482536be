"""What the service takes: resident after many small mails, and at most with large ones at once.

The small ones go through 20 workers and a buffer of 200, with results, logs and metrics on. Of the
large ones a hundred with an attachment of 5 MB each lie in the topic, for a relay that takes half a
second; what bounds them is EMAIL_MAX_MEMORY. Exit code 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewTopic

from bench.arena import PARTITIONS, CountingSink, fill, kafka
from bench.end_to_end import Arena, once, ours, reach, running
from bench.processes import machine
from tests.faults.usage import peak_mb
from tests.support.kafka_clients import admin

if TYPE_CHECKING:
    from collections.abc import Iterator

RESIDENT_MB: Final = 90.0
BESIDE_MAILS_MB: Final = 90.0
_MIB: Final = 1 << 20
_RELAY_S: Final = 0.5
_HEADROOM: Final = 64 * 1024


def _large(number: int, content: str) -> bytes:
    return orjson.dumps(
        {
            "id": f"large-{number}",
            "from": "Accounts <accounts@example.com>",
            "to": f"user{number}@example.net",
            "subject": "With an attachment",
            "text": "See the attachment.\n",
            "attachments": [{"filename": "large.bin", "content": content}],
        }
    )


def _values(count: int, size: int) -> Iterator[bytes]:
    content = base64.b64encode(os.urandom(size)).decode()
    return (_large(number, content) for number in range(count))


async def _fill_large(brokers: str, topic: str, count: int, size: int) -> None:
    largest = len(next(_values(1, size))) + _HEADROOM
    configs = {"max.message.bytes": str(largest)}
    async with admin(brokers) as client:
        await client.create_topics([NewTopic(topic, PARTITIONS, 1, topic_configs=configs)])
    producer = AIOKafkaProducer(bootstrap_servers=brokers, max_request_size=largest)
    await producer.start()
    try:
        for number, value in enumerate(_values(count, size)):
            await producer.send_and_wait(topic, value, partition=number % PARTITIONS)
    finally:
        await producer.stop()


def resident(brokers: str, folder: Path, mails: int) -> float:
    """MB after so many small mails."""
    with CountingSink(folder) as sink:
        arena = Arena(brokers, f"memory-{uuid4().hex[:6]}", mails, 20, folder, sink)
        fill(brokers, arena.topic, mails)
        return once(arena, ours(arena)).resident_mb


def peak(brokers: str, folder: Path, count: int, size: int, room: int) -> float:
    """MB at most while large mails are under way; `room` bytes for the mails."""
    with CountingSink(folder, delay_s=_RELAY_S) as sink:
        arena = Arena(brokers, f"large-{uuid4().hex[:6]}", count, 20, folder, sink)
        asyncio.run(_fill_large(brokers, arena.topic, count, size))
        one = ours(arena)
        one = replace(one, env={**one.env, "EMAIL_MAX_MEMORY": str(room)})
        with running(arena, one) as children:
            reach(arena, children, count, one)
            return peak_mb(children[0].pid)


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--mails", type=int, default=10_000, help="small ones")
    parser.add_argument("--large", type=int, default=100, help="mails with an attachment")
    parser.add_argument("--megabytes", type=float, default=5.0, help="of each attachment")
    parser.add_argument("--room", type=int, default=256, help="MiB, as EMAIL_MAX_MEMORY")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place, kafka(Path(place)) as brokers:
        folder = Path(place)
        resident_mb = resident(brokers, folder, options.mails)
        size, room = round(options.megabytes * 1e6), options.room * _MIB
        peak_of_large = peak(brokers, folder, options.large, size, room)
    allowed = options.room + BESIDE_MAILS_MB
    met = resident_mb <= RESIDENT_MB and peak_of_large <= allowed
    figures: dict[str, Any] = {
        "resident_mb": round(resident_mb, 1),
        "resident_goal_mb": RESIDENT_MB,
        "large_peak_mb": round(peak_of_large, 1),
        "large_goal_mb": allowed,
    }
    if options.json:
        print(json.dumps({"machine": machine(), **figures}))
        return int(not met)
    print(f"resident after {options.mails:,} mails: {resident_mb:.1f} MB (goal {RESIDENT_MB:g})")
    print(
        f"at most with {options.large} attachments of {options.megabytes:g} MB at once: "
        f"{peak_of_large:.0f} MB (goal {allowed:g})"
    )
    return int(not met)


if __name__ == "__main__":
    sys.exit(main())
