"""Reading the results topic: the last ones, those since a time, and on as they come."""

from __future__ import annotations

import asyncio
import heapq
import time
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from app.domain.errors import Fatal
from app.domain.record import Partition
from app.kafka import Admin, KafkaError, LogReader, persistent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from app.domain.record import Record
    from app.kafka import KafkaConfig
    from app.outcomes.finality import Awaited
    from app.outcomes.result_filter import Result, ResultFilter

_ANSWER_S: Final = 30.0
_LOOK_EVERY_S: Final = 5.0
_AGAIN_S: Final = 0.5
_FIRST_STEP: Final = 200
_STEP_GROWTH: Final = 8


class Found(NamedTuple):
    """A result, and the record that it came in."""

    record: Record
    result: Result

    @property
    def when(self) -> tuple[int, int, int]:
        """Orders results of all partitions."""
        return self.record.timestamp_ms, self.record.partition, self.record.offset


class ResultsLog:
    """The topic as it was when it was entered, and what `follow` brings after that.

    `on_trouble(reason)` hears while following what keeps results from being read, None when they
    are again. Everything else raises `KafkaError`, OSError or TimeoutError while Kafka is away.
    """

    def __init__(
        self,
        config: KafkaConfig,
        topic: str,
        on_trouble: Callable[[str | None], None],
        on_progress: Callable[[int, int], object] | None = None,
    ) -> None:
        """`on_progress(read, of how many)` hears of offsets while what is there is read."""
        self._on_progress = on_progress
        self._config = config
        self._topic = topic
        self._on_trouble = on_trouble
        self._reader: LogReader
        self._first: dict[Partition, int] = {}
        self._ends: dict[Partition, int] = {}

    async def __aenter__(self) -> Self:
        """`Fatal` when there is no such topic."""
        count = await persistent(self._partitions, _ANSWER_S)
        if not count:
            raise Fatal(
                f"topic {self._topic} does not exist (EMAIL_RESULTS_TOPIC); "
                "the service creates it when it starts"
            )
        self._reader = await LogReader(self._config, on_progress=self._on_progress).__aenter__()
        try:
            bounds = await self._reader.bounds(
                [Partition(self._topic, number) for number in range(count)]
            )
        except BaseException:
            await self._reader.__aexit__()
            raise
        self._first = {partition: first for partition, (first, _) in bounds.items()}
        self._ends = {partition: end for partition, (_, end) in bounds.items()}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._reader.__aexit__()

    async def since(self, epoch_ms: int, wanted: ResultFilter) -> AsyncIterator[list[Found]]:
        """Those written at or after a time, up to now; in order within a partition."""
        async for found in self._between(await self._starts(epoch_ms), self._ends, wanted):
            yield found

    async def last(self, count: int, epoch_ms: int, wanted: ResultFilter) -> list[Found]:
        """The newest so many, oldest first, none written before a time.

        Reads backwards, in steps that grow, no further than each partition needs.
        """
        starts = await self._starts(epoch_ms)
        upto = dict(self._ends)
        newest: dict[Partition, list[Found]] = {partition: [] for partition in upto}
        step = max(count, _FIRST_STEP)
        while count and (
            short := [
                part for part in upto if len(newest[part]) < count and upto[part] > starts[part]
            ]
        ):
            step_from = {part: max(starts[part], upto[part] - step) for part in short}
            older: dict[Partition, list[Found]] = {part: [] for part in short}
            async for found in self._between(
                step_from, {part: upto[part] for part in short}, wanted
            ):
                for one in found:
                    kept = older[Partition(one.record.topic, one.record.partition)]
                    kept.append(one)
                    del kept[:-count]
            for part in short:
                newest[part] = (older[part] + newest[part])[-count:]
            upto |= step_from
            step *= _STEP_GROWTH
        everything = (one for found in newest.values() for one in found)
        return sorted(
            heapq.nlargest(count, everything, key=lambda one: one.when), key=lambda one: one.when
        )

    async def follow(self, wanted: ResultFilter) -> AsyncIterator[list[Found]]:
        """What is written after this log was entered, for ever; also in partitions added later."""
        following = dict(self._ends)
        self._reader.begin(following)
        look_at = time.monotonic() + _LOOK_EVERY_S
        while True:
            try:
                records = await self._reader.next()
                if time.monotonic() >= look_at:
                    await self._look(following)
                    look_at = time.monotonic() + _LOOK_EVERY_S
            except (KafkaError, OSError, TimeoutError) as error:
                self._on_trouble(str(error) or "no answer from Kafka")
                await asyncio.sleep(_AGAIN_S)
                continue
            for record in records:
                following[Partition(record.topic, record.partition)] = record.next_offset
            if found := _found(records, wanted):
                yield found

    async def _look(self, following: dict[Partition, int]) -> None:
        """Whether Kafka answers, which the reader's silence does not tell; and new partitions."""
        async with asyncio.timeout(_LOOK_EVERY_S):
            count = await self._partitions()
        self._on_trouble(None if count else f"topic {self._topic} is gone")
        new = {Partition(self._topic, number) for number in range(count)} - following.keys()
        if new:
            following |= dict.fromkeys(new, 0)
            self._reader.begin(following)

    async def _partitions(self) -> int:
        async with Admin(self._config) as admin:
            found = await admin.topics([self._topic])
        return found[self._topic].partitions if self._topic in found else 0

    async def _starts(self, epoch_ms: int) -> dict[Partition, int]:
        found = await self._reader.offsets_at(self._ends, epoch_ms)
        return {
            part: end if (at := found[part]) is None else max(at, self._first[part])
            for part, end in self._ends.items()
        }

    async def _between(
        self, starts: Mapping[Partition, int], ends: Mapping[Partition, int], wanted: ResultFilter
    ) -> AsyncIterator[list[Found]]:
        self._reader.begin(starts)
        async for records in self._reader.until(ends):
            if found := _found(records, wanted):
                yield found


async def wait_for(
    log: ResultsLog, awaited: Awaited, wanted: ResultFilter, since_ms: int | None
) -> AsyncIterator[str]:
    """The name of each message awaited once it is final, until all are.

    First what was written since a time (nothing of before when that is None), then what comes.
    """
    told: set[str] = set()
    if since_ms is not None:
        async for found in log.since(since_ms, wanted):
            for one in found:
                awaited.note(one.result)
        for name in sorted(awaited.courses.keys() - awaited.open):
            told.add(name)
            yield name
    if not awaited.open:
        return
    async for found in log.follow(wanted):
        for one in found:
            awaited.note(one.result)
        for name in sorted(awaited.courses.keys() - awaited.open - told):
            told.add(name)
            yield name
        if not awaited.open:
            return


def _found(records: Iterable[Record], wanted: ResultFilter) -> list[Found]:
    """In order of time, as one answer brings records partition by partition."""
    found = [
        Found(record, result) for record in records if (result := wanted.of(record)) is not None
    ]
    return sorted(found, key=lambda one: one.when)
