"""The dead-letter topic, open for reading."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from app.domain.errors import Fatal, MailerError
from app.domain.record import Partition
from app.kafka import Admin, LogReader, persistent
from app.outcomes.dead_letters.letter import read_letter
from app.outcomes.dead_letters.marks import Marks, state_topic
from app.outcomes.dead_letters.selection import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from app.domain.glimpse import Glance
    from app.domain.record import Origin, Record
    from app.kafka import KafkaConfig
    from app.outcomes.dead_letters.letter import DeadLetter, Place
    from app.outcomes.dead_letters.selection import Selection

ANSWER_S = 30.0
WAIT_S = 0.05
# A letter is written after it failed; this much a clock may have jumped back in between.
CLOCKS_MS = 3_600_000


class NoSuchLetter(MailerError):
    """There is no dead letter at that place."""


class Letters:
    """Reads letters where they stand, a few at a time; one call is under way at a time.

    Calls raise `KafkaError`, OSError or TimeoutError while Kafka is away.
    """

    def __init__(
        self,
        config: KafkaConfig,
        topic: str,
        glance: Glance,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """`on_progress(read, of how many)` hears of offsets while topics are read."""
        self.topic = topic
        self.admin = Admin(config)
        self.partitions: tuple[Partition, ...] = ()
        self._config = config
        self._glance = glance
        self._reader = LogReader(config, wait_s=WAIT_S, on_progress=on_progress)
        self._stack = AsyncExitStack()
        self._values: LogReader | None = None

    async def __aenter__(self) -> Self:
        """`Fatal` when there is no such topic."""
        try:
            await self._stack.enter_async_context(self.admin)
            await self._stack.enter_async_context(self._reader)
            self.partitions = await self.partitions_of(self.topic)
        except BaseException:
            await self._stack.aclose()
            raise
        if not self.partitions:
            await self._stack.aclose()
            raise Fatal(
                f"topic {self.topic} does not exist (EMAIL_DLQ_TOPIC); "
                "the service creates it when it starts"
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def partitions_of(self, topic: str) -> tuple[Partition, ...]:
        """Those of any topic; none when it does not exist."""
        found = await persistent(lambda: self.admin.topics([topic]), ANSWER_S)
        count = found[topic].partitions if topic in found else 0
        return tuple(Partition(topic, number) for number in range(count))

    async def bounds(self) -> dict[Partition, tuple[int, int]]:
        """Of each partition the first offset and the one after the last letter."""
        return await persistent(lambda: self._reader.bounds(self.partitions), ANSWER_S)

    async def offsets_at(self, epoch_ms: int) -> dict[Partition, int | None]:
        """The first letter that was written then or later; None where there is none."""
        return await self._reader.offsets_at(self.partitions, epoch_ms)

    async def scan(
        self,
        selection: Selection = EVERYTHING,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> AsyncIterator[list[DeadLetter]]:
        """Those that match, of all that are there now; in order within a partition, not across.

        `on_progress(looked at, of how many)` counts offsets.
        """
        bounds = await self.bounds()
        starts = {partition: first for partition, (first, _) in bounds.items()}
        if selection.since_ms is not None:
            since = max(0, selection.since_ms - CLOCKS_MS)
            for partition, offset in (await self.offsets_at(since)).items():
                starts[partition] = bounds[partition][1] if offset is None else offset
        at, ends = dict(starts), {partition: end for partition, (_, end) in bounds.items()}
        total = sum(max(0, ends[partition] - start) for partition, start in starts.items())
        self._reader.begin(starts)
        async for records in self._reader.until(ends):
            letters = [read_letter(record, self._glance) for record in records]
            yield [letter for letter in letters if selection.matches(letter)]
            if on_progress is not None:
                at |= {Partition(each.topic, each.partition): each.next_offset for each in records}
                on_progress(sum(at.values()) - sum(starts.values()), total)

    async def at(self, place: Place) -> DeadLetter:
        """`NoSuchLetter` says what there is instead."""
        partition = Partition(self.topic, place.partition)
        if partition not in self.partitions:
            raise NoSuchLetter(
                f"no dead letter at {place}: {self.topic} has partitions 0 to "
                f"{len(self.partitions) - 1}"
            )
        first, end = (await self.bounds())[partition]
        record = None
        if first <= place.offset < end:
            record = await _record_at(self._reader, partition, place.offset, end)
        if record is None:
            there = f"holds offsets {first} to {end - 1}" if first < end else "is empty"
            raise NoSuchLetter(
                f"no dead letter at {place}: partition {place.partition} of {self.topic} {there}"
            )
        return read_letter(record, self._glance)

    async def marks(self) -> Marks:
        """What was replayed, as far as it is committed."""
        marks = Marks()
        partitions = await self.partitions_of(state_topic(self.topic))
        if not partitions:
            return marks
        bounds = await persistent(lambda: self._reader.bounds(partitions), ANSWER_S)
        self._reader.begin({partition: first for partition, (first, _) in bounds.items()})
        ends: Mapping[Partition, int] = {part: end for part, (_, end) in bounds.items()}
        async for records in self._reader.until(ends):
            for record in records:
                marks.read(record)
        return marks

    async def value_of(self, letter: DeadLetter) -> bytes | None:
        """The letter's own value, else that of the record that it comes from, while it exists."""
        if letter.record.value is not None or letter.origin is None:
            return letter.record.value
        origin = await self._record_of(letter.origin)
        return origin.value if origin else None

    async def _record_of(self, origin: Origin) -> Record | None:
        partition = Partition(origin.topic, origin.partition)
        if partition not in await self.partitions_of(origin.topic):
            return None
        if self._values is None:  # a scan may be under way in the other
            self._values = await self._stack.enter_async_context(
                LogReader(self._config, wait_s=WAIT_S)
            )
        first, end = (await self._values.bounds([partition]))[partition]
        if not first <= origin.offset < end:
            return None
        return await _record_at(self._values, partition, origin.offset, end)


async def _record_at(
    reader: LogReader, partition: Partition, offset: int, end: int
) -> Record | None:
    """The record of exactly that offset; None where compaction or a marker took its place."""
    reader.begin({partition: offset})
    async for records in reader.until({partition: min(offset + 1, end)}):
        return records[0] if records[0].offset == offset else None
    return None
