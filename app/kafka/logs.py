"""What every reading client is asked about the logs of its partitions, and its records as ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka import TopicPartition

from app.domain.record import Partition, Record
from app.kafka.bounded import bounded

if TYPE_CHECKING:
    from collections.abc import Iterable


async def bounds_of(
    client: Any, partitions: Iterable[Partition], seconds: float
) -> dict[Partition, tuple[int, int]]:
    """First offset of each log and the one after its last record, as the client is isolated."""
    asked = [TopicPartition(*partition) for partition in partitions]
    first = await bounded(client.beginning_offsets(asked), seconds)
    last = await bounded(client.end_offsets(asked), seconds)
    return {Partition(tp.topic, tp.partition): (first[tp], last[tp]) for tp in asked}


async def offsets_at(
    client: Any, partitions: Iterable[Partition], epoch_ms: int, seconds: float
) -> dict[Partition, int | None]:
    """The first offset at or after a time; None where there is none."""
    found = await _found_at(client, partitions, epoch_ms, seconds)
    return {partition: each.offset if each else None for partition, each in found.items()}


async def times_after(
    client: Any, partitions: Iterable[Partition], epoch_ms: int, seconds: float
) -> dict[Partition, int | None]:
    """The time of the first record after a time; None where there is none."""
    found = await _found_at(client, partitions, epoch_ms + 1, seconds)
    return {partition: each.timestamp if each else None for partition, each in found.items()}


async def _found_at(
    client: Any, partitions: Iterable[Partition], epoch_ms: int, seconds: float
) -> dict[Partition, Any]:
    asked = {TopicPartition(*partition): epoch_ms for partition in partitions}
    answer = await bounded(client.offsets_for_times(asked), seconds)
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
