"""Reading topics without a group: from one offset to another, or on and on as they grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.domain.record import Partition
from app.kafka.bounded import bounded, closed
from app.kafka.lenient_records import install
from app.kafka.logs import LogFacts, record_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from app.domain.record import Record
    from app.kafka.config import KafkaConfig

install()

LOOK_S = 0.5
# Where an end is in sight nobody has to wait for more to be written.
LOOK_FOR_END_S = 0.1


class LogReader(LogFacts):
    """Reads committed records of the partitions it is told, each from where it is told.

    Nobody else notices: no group, no commit. Calls raise `KafkaError`, OSError or TimeoutError
    while Kafka is away.
    """

    def __init__(
        self,
        config: KafkaConfig,
        *,
        fetch_bytes: int = 1024 * 1024,
        wait_s: float = 0.5,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """`wait_s`: how long brokers hold a question that they have no records for.

        Whoever begins anew elsewhere waits for the question before that long. `on_progress(read,
        of how many)` hears of offsets while reading `until` an end.
        """
        self._on_progress = on_progress
        self._starts: dict[Partition, int] = {}
        self._bound = config.request_timeout_s
        self._client: Any = AIOKafkaConsumer(
            **config.client_options(),
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            max_partition_fetch_bytes=fetch_bytes,
            fetch_max_wait_ms=round(wait_s * 1000),
        )

    async def __aenter__(self) -> Self:
        try:
            await bounded(self._client.start(), self._bound)
        except BaseException:
            await closed(self._client.stop(), "reader", 1.0)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await closed(self._client.stop(), "reader", 2.0)

    def begin(self, starts: Mapping[Partition, int]) -> None:
        """Read these partitions from now on, each from its offset, and no others.

        Where retention has taken that offset, reading begins at the log's start.
        """
        self._starts = dict(starts)
        self._client.assign([TopicPartition(*partition) for partition in starts])
        for partition, offset in starts.items():
            self._client.seek(TopicPartition(*partition), offset)

    async def next(self, seconds: float = LOOK_S, *, most: int | None = None) -> list[Record]:
        """What is there, after `seconds` at the latest, at most so many; empty when nothing is.

        In order within a partition, not across.
        """
        batch = await bounded(
            self._client.getmany(timeout_ms=round(seconds * 1000), max_records=most), None
        )
        return [record_of(message) for messages in batch.values() for message in messages]

    async def until(self, ends: Mapping[Partition, int]) -> AsyncIterator[list[Record]]:
        """Everything below these offsets of the partitions begun, as it comes.

        Ends also where the last records are missing (compaction, transaction markers), or where
        the log was cut meanwhile; what lies at or beyond an end is left out.
        """
        ends = dict(ends)
        at = {part: start for part, start in self._starts.items() if part in ends}
        first, total = sum(at.values()), sum(max(0, ends[part] - at[part]) for part in at)
        while await self._is_before(ends):
            records = await self.next(LOOK_FOR_END_S)
            if not records:
                now = await self.bounds(ends)
                ends = {part: min(end, now[part][1]) for part, end in ends.items()}
            below = [
                record
                for record in records
                if record.offset < ends.get(Partition(record.topic, record.partition), 0)
            ]
            if below:
                yield below
            if self._on_progress is not None:
                at |= {Partition(each.topic, each.partition): each.next_offset for each in below}
                self._on_progress(sum(at.values()) - first, total)
        if self._on_progress is not None:
            self._on_progress(total, total)

    async def _is_before(self, ends: Mapping[Partition, int]) -> bool:
        for partition, end in ends.items():
            position = await bounded(self._client.position(TopicPartition(*partition)), self._bound)
            if position < end:
                return True
        return False
