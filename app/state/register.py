"""The suppressions as an operator looks at them and changes them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.clock import epoch_ms
from app.domain.record import Partition
from app.domain.suppression import Source, entry, read_key, read_value, tombstone
from app.kafka import LogReader, Producer, PublishError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from app.domain.clock import WallClock
    from app.domain.record import Outgoing, Record
    from app.domain.suppression import Suppression
    from app.kafka import KafkaConfig


BATCH: Final = 500


class Listed(NamedTuple):
    """An entry that counts, and every partition that has one for the address.

    There is more than one only where partitions were added to the topic.
    """

    suppression: Suppression
    partitions: tuple[int, ...]


class Register:
    """The topic of suppressions; addresses are named by their digests.

    Every call may raise `KafkaError`, OSError or TimeoutError while Kafka is away; some hundred
    records may take `answer_s` seconds to be written.
    """

    def __init__(
        self,
        config: KafkaConfig,
        topic: str,
        partitions: int,
        *,
        answer_s: float = 60.0,
        clock: WallClock = epoch_ms,
        on_trouble: Callable[[str | None], None] | None = None,
        on_progress: Callable[[int, int], object] | None = None,
    ) -> None:
        self._config = config
        self._topic = topic
        self._partitions = [Partition(topic, number) for number in range(partitions)]
        self._answer_s = answer_s
        self._clock = clock
        self._on_trouble = on_trouble
        self._on_progress = on_progress

    async def entries(self, only: Collection[bytes] | None = None) -> dict[bytes, Listed]:
        """All that stand in the topic now, expired ones too, or those of some digests."""
        logs: dict[int, dict[bytes, Suppression]] = {}
        async with LogReader(self._config, on_progress=self._on_progress) as reader:
            bounds = await reader.bounds(self._partitions)
            reader.begin({partition: first for partition, (first, _) in bounds.items()})
            async for records in reader.until({part: end for part, (_, end) in bounds.items()}):
                for record in records:
                    _take(logs.setdefault(record.partition, {}), record, only)
        found: dict[bytes, Listed] = {}
        for number, log in logs.items():
            for digest, suppression in log.items():
                before = found.get(digest)
                found[digest] = (
                    Listed(suppression, (number,))
                    if before is None
                    else Listed(
                        max(before.suppression, suppression, key=self._strength),
                        (*before.partitions, number),
                    )
                )
        return found

    async def put(self, entries: Mapping[bytes, Suppression]) -> dict[bytes, PublishError]:
        """Enter these, in place of what there was; gives those that the topic refuses."""
        return await self._write(
            [(digest, self._entry(digest, it)) for digest, it in entries.items()]
        )

    async def remove(self, entries: Mapping[bytes, Listed]) -> dict[bytes, PublishError]:
        """Remove these, found by `entries`; gives those that the topic refuses."""
        written = [
            (digest, tombstone(self._topic, digest, number))
            for digest, listed in entries.items()
            for number in listed.partitions
        ]
        return await self._write(written)

    async def _write(self, records: Sequence[tuple[bytes, Outgoing]]) -> dict[bytes, PublishError]:
        refused = {}
        async with Producer(self._config, on_trouble=self._on_trouble) as producer:
            for start in range(0, len(records), BATCH):
                batch = records[start : start + BATCH]
                async with asyncio.timeout(self._answer_s):
                    answers = await producer.publish([outgoing for _, outgoing in batch])
                for (digest, _), answer in zip(batch, answers, strict=True):
                    if isinstance(answer, PublishError):
                        refused[digest] = answer
                if self._on_progress is not None:
                    self._on_progress(start + len(batch), len(records))
        return refused

    def _entry(self, digest: bytes, it: Suppression) -> Outgoing:
        """In one batch with all others of its partition."""
        outgoing = entry(self._topic, digest, it)
        return replace(outgoing, lane=outgoing.lane % len(self._partitions))

    def _strength(self, suppression: Suppression) -> tuple[bool, bool, float]:
        """As `app.state.suppressed` weighs them."""
        until = suppression.until_ms
        return (
            not suppression.is_over(self._clock()),
            suppression.source is Source.MANUAL,
            float("inf") if until is None else until,
        )


def _take(log: dict[bytes, Suppression], record: Record, only: Collection[bytes] | None) -> None:
    """Follow one partition's log; what is no suppression is passed over."""
    try:
        digest = read_key(record.key)
        if only is not None and digest not in only:
            return
        if record.value is None:
            log.pop(digest, None)
        else:
            log[digest] = read_value(record.value)
    except ValueError:
        return
