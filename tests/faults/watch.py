"""What can be seen from outside while a run lasts: the relay's record, results, commits."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from app.intake.checkpoint import decode
from tests.faults.commits import Places
from tests.faults.conduct import Fate
from tests.faults.verdict import TAKEN
from tests.support import kafka_tools
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from app.domain.record import Partition
    from tests.faults.commits import Commits
    from tests.faults.conduct import Entry
    from tests.faults.relay import Relay
    from tests.support.topics import Topics

ANSWER_S = 20.0
READ_S = 120.0
AT_ONCE = 5000
RETRYING = "retrying"


class Watch:
    """Reads on whenever it is asked to `look`. A context manager; the topics must exist.

    `results`: the statuses of each id, `retrying` left out.
    """

    def __init__(self, brokers: str, topics: Topics, relay: Relay) -> None:
        self.record: list[Entry] = []
        self.taken = 0
        self.lives: dict[str, int] = defaultdict(int)
        self.results: dict[str, list[str]] = {}
        self._brokers = brokers
        self._topics = topics
        self._relay = relay
        self._places = Places(brokers, topics)
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        self._runner.__enter__()
        self._consumer: Any = self._do(self._begin())
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(KafkaError, OSError, TimeoutError):
            self._do(self._consumer.stop())
        self._runner.close()

    def look(self) -> None:
        """Take in what is new, without waiting for any."""
        self._read_record()
        with suppress(KafkaError, OSError, TimeoutError):
            self._do(self._read_results(10))

    def catch_up(self) -> None:
        """Take in everything that was written until now."""
        self._read_record()
        self._do(self._read_to_the_end())

    def settled(self) -> bool:
        """Whether the commits say that of the queue and the tiers nothing is left to do."""
        with suppress(KafkaError, OSError, TimeoutError):
            return bool(self._do(self._settled()))
        return False

    def commits(self, *, last: bool) -> Commits:
        """What both groups have committed; `last`: so far, by a member that commits no more."""
        found: Commits = self._do(self._places.last_commits() if last else self._places.commits())
        return found

    def unsettled(self, commits: Commits) -> set[str]:
        """The ids of all that these leave to be sent, perhaps again."""
        return commits.unsettled(run(self._places.all(), READ_S))

    def dead_letters(self) -> set[str]:
        """The ids in the dead-letter topic."""
        records = self._do(kafka_tools.read_all(self._brokers, self._topics.dlq))
        return {_header(record.headers, "mail-id") for record in records}

    def _do(self, call: Coroutine[Any, Any, Any]) -> Any:
        async def bounded() -> Any:
            async with asyncio.timeout(ANSWER_S):
                return await call

        return self._runner.run(bounded())

    def _read_record(self) -> None:
        for entry in self._relay.news():
            self.record.append(entry)
            if entry.fate in TAKEN:
                self.taken += 1
            if entry.fate is not Fate.UNSURE:
                self.lives[entry.life] += 1

    async def _begin(self) -> Any:
        partitions = await kafka_tools.partitions(self._brokers, self._topics.results)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._brokers,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            metadata_max_age_ms=5_000,
        )
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_beginning()
        return consumer

    async def _read_results(self, wait_ms: int) -> None:
        batch = await self._consumer.getmany(timeout_ms=wait_ms, max_records=AT_ONCE)
        for messages in batch.values():
            for message in messages:
                result = orjson.loads(message.value)
                if result["status"] != RETRYING:
                    self.results.setdefault(result["id"], []).append(result["status"])

    async def _read_to_the_end(self) -> None:
        partitions = list(self._consumer.assignment())
        ends = await self._consumer.end_offsets(partitions)
        while any([await self._consumer.position(at) < end for at, end in ends.items()]):
            await self._read_results(100)

    async def _settled(self) -> bool:
        """Tiers are looked at twice: what hops from one to another is in neither for a moment."""
        return all([await self._nothing_left() for _ in range(2)])

    async def _nothing_left(self) -> bool:
        topics, brokers = self._topics, self._brokers
        names = await kafka_tools.list_topics(brokers)
        tiers = [name for name in names if name.startswith(f"{topics.queue}-retry-")]
        for group, read in ((topics.group, [topics.queue]), (f"{topics.group}-retry", tiers)):
            ends: dict[Partition, int] = {}
            for topic in read:
                ends |= await kafka_tools.ends(brokers, topic)
            committed = await kafka_tools.committed(brokers, group)
            if not all(_is_done(committed.get(at), end) for at, end in ends.items() if end):
                return False
        return True


def _is_done(found: kafka_tools.Committed | None, end: int) -> bool:
    if found is None:
        return False
    checkpoint = decode(found.metadata, found.offset)
    return checkpoint is not None and checkpoint.position >= end and not checkpoint.unsettled


def _header(headers: tuple[tuple[str, bytes], ...], name: str) -> str:
    return next(value.decode() for key, value in headers if key == name)
