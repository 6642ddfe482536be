"""What every reading client is asked about the logs of its partitions, and its records as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from app.domain.record import Partition, Record
from app.kafka.bounded import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable


class LogFacts:
    """What a client that reads can tell of logs; each call waits `_bound` seconds at most."""

    _client: Any
    _bound: float

    async def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
        """First offset of each log and the one after its last stable record."""
        asked = [TopicPartition(*partition) for partition in partitions]
        first = await bounded(self._client.beginning_offsets(asked), self._bound)
        last = await bounded(self._client.end_offsets(asked), self._bound)
        return {Partition(tp.topic, tp.partition): (first[tp], last[tp]) for tp in asked}

    async def offsets_at(
        self, partitions: Iterable[Partition], epoch_ms: int
    ) -> dict[Partition, int | None]:
        """The first offset at or after a time; None where there is none."""
        found = await self._found_at(partitions, epoch_ms)
        return {partition: each.offset if each else None for partition, each in found.items()}

    async def time_after(
        self, partitions: Iterable[Partition], epoch_ms: int
    ) -> dict[Partition, int | None]:
        """The time of the first record that was written after one; None where there is none."""
        found = await self._found_at(partitions, epoch_ms + 1)
        return {partition: each.timestamp if each else None for partition, each in found.items()}

    async def _found_at(
        self, partitions: Iterable[Partition], epoch_ms: int
    ) -> dict[Partition, Any]:
        asked = {TopicPartition(*partition): epoch_ms for partition in partitions}
        answer = await bounded(self._client.offsets_for_times(asked), self._bound)
        return {Partition(tp.topic, tp.partition): found for tp, found in answer.items()}


def record_of(message: Any) -> Record:
    return Record(
        message.topic,
        message.partition,
        message.offset,
        message.timestamp,
        message.key,
        message.value,
        # A header without a value (Kafka has null there) counts as empty.
        tuple((name, value or b"") for name, value in message.headers),
    )
