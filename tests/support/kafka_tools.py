"""A test's own hands in Kafka: write much, read all, look at a group.

Functions are coroutines; `KafkaTools` offers the same to tests that are not.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import NewTopic
from aiokafka.errors import (
    GroupCoordinatorNotAvailableError,
    GroupLoadInProgressError,
    TopicAlreadyExistsError,
    for_code,
)

from app.domain.record import Partition, Record
from tests.support import kafka_clients
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tests.support.topics import Topics


@dataclass(frozen=True, slots=True)
class Produced:
    """A record to write; `value` bytes go as they are, anything else but None as JSON.

    A null value without a key gets an empty key: aiokafka writes no record without both.
    """

    value: Any
    key: bytes | None = None
    headers: Sequence[tuple[str, bytes]] = ()
    partition: int | None = None
    timestamp_ms: int | None = None

    def encoded(self) -> bytes | None:
        if self.value is None or isinstance(self.value, bytes):
            return self.value
        return orjson.dumps(self.value)


@dataclass(frozen=True, slots=True)
class Committed:
    """What a group committed for a partition: the next offset to read, and its metadata."""

    offset: int
    metadata: str


async def create_topic(
    brokers: str,
    topic: str,
    partitions: int = 1,
    config: Mapping[str, str] | None = None,
    *,
    replication: int = 1,
) -> None:
    """Returns when the topic can be written to; no error when it exists."""
    async with kafka_clients.admin(brokers) as admin:
        new = NewTopic(topic, partitions, replication, topic_configs=dict(config or {}))
        response = await admin.create_topics([new])
        for _, code, *_ in response.topic_errors:
            error = for_code(code)
            if code and error is not TopicAlreadyExistsError:
                raise error(topic)
        while True:
            described = await admin.describe_topics([topic])
            leaders = [
                one["leader"]
                for found in described
                if not found["error_code"]
                for one in found["partitions"]
            ]
            if len(leaders) >= partitions and min(leaders) >= 0:
                return
            await asyncio.sleep(0.02)


async def list_topics(brokers: str) -> set[str]:
    async with kafka_clients.admin(brokers) as admin:
        return set(await admin.list_topics())


async def list_groups(brokers: str) -> set[str]:
    async with kafka_clients.admin(brokers) as admin:
        return {group for group, *_ in await admin.list_consumer_groups()}


async def delete_topics(brokers: str, topics: Iterable[str]) -> None:
    async with kafka_clients.admin(brokers) as admin:
        await admin.delete_topics(list(topics))


async def produce(
    brokers: str, topic: str, records: Iterable[Produced | Mapping[str, Any] | bytes | None]
) -> list[tuple[int, int]]:
    """Write them in order and give each one's (partition, offset), all acknowledged."""
    async with kafka_clients.producer(brokers) as producer:
        sent = []
        for record in records:
            one = record if isinstance(record, Produced) else Produced(record)
            sent.append(
                await producer.send(
                    topic,
                    value=one.encoded(),
                    key=b"" if one.key is None and one.value is None else one.key,
                    partition=one.partition,
                    timestamp_ms=one.timestamp_ms,
                    headers=list(one.headers),
                )
            )
        return [(done.partition, done.offset) for done in await asyncio.gather(*sent)]


async def partitions(brokers: str, topic: str) -> list[TopicPartition]:
    """Empty when there is no such topic."""
    async with kafka_clients.admin(brokers) as admin:
        if topic not in await admin.list_topics():
            return []
        (described,) = await admin.describe_topics([topic])
    return sorted(TopicPartition(topic, one["partition"]) for one in described["partitions"])


async def ends(brokers: str, topic: str) -> dict[Partition, int]:
    """The offset after the last record, by partition; empty when there is no such topic."""
    async with kafka_clients.reader(brokers) as reader:
        found = await reader.end_offsets(await partitions(brokers, topic))
    return {Partition(at.topic, at.partition): offset for at, offset in found.items()}


async def read_all(brokers: str, topic: str, isolation: str = "read_uncommitted") -> list[Record]:
    """Everything that stands in the topic now, in order of partition and offset."""
    if not (assigned := await partitions(brokers, topic)):
        return []
    async with kafka_clients.reader(brokers, isolation) as reader:
        reader.assign(assigned)
        last = await reader.end_offsets(assigned)
        await reader.seek_to_beginning()
        found: list[Record] = []
        while any([await reader.position(at) < offset for at, offset in last.items()]):
            batch = await reader.getmany(timeout_ms=200)
            found += [_record(one) for ones in batch.values() for one in ones]
    found.sort(key=lambda one: (one.partition, one.offset))
    return [one for one in found if one.offset < last[TopicPartition(topic, one.partition)]]


async def committed(brokers: str, group: str) -> dict[Partition, Committed]:
    """What the group committed, with metadata (which `consumer.committed()` would not give)."""
    offsets = await _group_offsets(brokers, group)
    return {
        Partition(at.topic, at.partition): Committed(one.offset, one.metadata)
        for at, one in offsets.items()
        if one.offset >= 0
    }


async def commit(brokers: str, group: str, offsets: Mapping[Partition, Committed]) -> None:
    """As a member of the group would; the group must have no member."""
    client = AIOKafkaConsumer(bootstrap_servers=brokers, group_id=group, enable_auto_commit=False)
    try:
        await client.start()
        by_partition = {
            TopicPartition(at.topic, at.number): (one.offset, one.metadata)
            for at, one in offsets.items()
        }
        client.assign(list(by_partition))
        await client.commit(by_partition)
    finally:
        await client.stop()


async def lag(brokers: str, group: str, topic: str) -> int:
    """Records of the topic that lie at or after the group's commits."""
    done = await committed(brokers, group)
    nothing = Committed(0, "")
    return sum(
        end - done.get(at, nothing).offset for at, end in (await ends(brokers, topic)).items()
    )


async def _group_offsets(brokers: str, group: str) -> Any:
    async with kafka_clients.admin(brokers) as admin:
        while True:
            try:
                return await admin.list_consumer_group_offsets(group)
            except (GroupCoordinatorNotAvailableError, GroupLoadInProgressError):
                await asyncio.sleep(0.05)  # a broker that has just begun


def _record(one: Any) -> Record:
    return Record(
        topic=one.topic,
        partition=one.partition,
        offset=one.offset,
        timestamp_ms=one.timestamp,
        key=one.key,
        value=one.value,
        headers=tuple(one.headers),
    )


@dataclass(frozen=True, slots=True)
class KafkaTools:
    """The functions above for one cluster, each call bounded by `within` seconds."""

    brokers: str
    within: float = field(default=30.0, kw_only=True)

    def create_topic(
        self,
        topic: str,
        partitions: int = 1,
        config: Mapping[str, str] | None = None,
        *,
        replication: int = 1,
    ) -> None:
        created = create_topic(self.brokers, topic, partitions, config, replication=replication)
        run(created, self.within)

    def list_topics(self) -> set[str]:
        return run(list_topics(self.brokers), self.within)

    def list_groups(self) -> set[str]:
        return run(list_groups(self.brokers), self.within)

    def delete_topics(self, topics: Iterable[str]) -> None:
        run(delete_topics(self.brokers, topics), self.within)

    def delete_topics_of(self, topics: Topics) -> None:
        """Those of that prefix which were made, retry tiers among them."""
        if made := [one for one in self.list_topics() if one.startswith(topics.prefix)]:
            self.delete_topics(made)

    def produce(
        self, topic: str, records: Iterable[Produced | Mapping[str, Any] | bytes | None]
    ) -> list[tuple[int, int]]:
        return run(produce(self.brokers, topic, records), self.within)

    def ends(self, topic: str) -> dict[Partition, int]:
        return run(ends(self.brokers, topic), self.within)

    def read_all(self, topic: str) -> list[Record]:
        return run(read_all(self.brokers, topic), self.within)

    def read_committed(self, topic: str) -> list[Record]:
        """As `read_all`, without what belongs to transactions that are open or were aborted."""
        return run(read_all(self.brokers, topic, "read_committed"), self.within)

    def wait_for_records(self, topic: str, count: int, within: float = 30.0) -> list[Record]:
        """Everything in the topic, once there are at least `count` records in it."""
        wait_until(
            lambda: sum(self.ends(topic).values()) >= count, f"{count} records in {topic}", within
        )
        return self.read_all(topic)

    def committed(self, group: str) -> dict[Partition, Committed]:
        return run(committed(self.brokers, group), self.within)

    def commit(self, group: str, offsets: Mapping[Partition, Committed]) -> None:
        run(commit(self.brokers, group, offsets), self.within)

    def lag(self, group: str, topic: str) -> int:
        return run(lag(self.brokers, group, topic), self.within)
