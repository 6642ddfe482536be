"""Reading checkpoints at the start of an assignment, again and again until they are had."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from app.domain.errors import Fatal
from app.intake.checkpoint import UnreadableCheckpoint
from app.intake.resume import Plan, plan
from app.kafka import Admin, written_ends

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.record import Partition
    from app.kafka import Committed, Consumer, KafkaConfig

log = logging.getLogger(__name__)

# A broker that just took over may show an old end of the log for a moment; a topic that was
# re-created stays short.
LOOKS_AT_TRUNCATION = 4
LOOK_AGAIN_S = 1.0


class Resuming:
    """Asks the group's coordinator and the logs; keeps one admin connection."""

    def __init__(
        self, config: KafkaConfig, consumer: Consumer, *, ignore_unreadable: bool = False
    ) -> None:
        self._config = config
        self.consumer = consumer
        self._ignore_unreadable = ignore_unreadable
        self._admin: Admin | None = None

    async def plans(self, partitions: Iterable[Partition]) -> dict[Partition, Plan]:
        """Where to go on in each; raises `KafkaError`, OSError, TimeoutError while Kafka is away.

        `Fatal` when a checkpoint of ours cannot be read.
        """
        asked = list(partitions)
        plans = await self._look(asked)
        for _ in range(LOOKS_AT_TRUNCATION - 1):
            short = [partition for partition in asked if plans[partition].truncated]
            if not short:
                break
            await asyncio.sleep(LOOK_AGAIN_S)
            plans |= await self._look(short)
        for partition, found in plans.items():
            for note in found.notes:
                log.warning("%s/%d: %s", *partition, note)
        return plans

    async def committed(self, partition: Partition) -> Committed:
        """What the broker holds for one partition."""
        return (await self._committed([partition]))[partition]

    async def bounds(self, wanted: Mapping[Partition, int]) -> dict[Partition, tuple[int, int]]:
        """First offset and end of each log, an end before the offset wanted only if it stays so."""
        bounds = await self.consumer.bounds(wanted)
        for _ in range(LOOKS_AT_TRUNCATION - 1):
            short = [each for each, offset in wanted.items() if bounds[each][1] < offset]
            if not short:
                break
            await asyncio.sleep(LOOK_AGAIN_S)
            bounds |= await self.consumer.bounds(short)
        return bounds

    async def close(self) -> None:
        admin, self._admin = self._admin, None
        if admin is not None:
            await admin.__aexit__()

    async def _look(self, partitions: list[Partition]) -> dict[Partition, Plan]:
        committed = await self._committed(partitions)
        bounds = await self.consumer.bounds(partitions)
        plans = {
            partition: self._plan(partition, committed[partition], *bounds[partition])
            for partition in partitions
        }
        if short := [partition for partition in partitions if plans[partition].truncated]:
            # An operator's reset to the end goes beyond what an open transaction holds back.
            ends = await written_ends(self._config, short)
            for partition in short:
                first, _ = bounds[partition]
                plans[partition] = self._plan(
                    partition, committed[partition], first, ends[partition]
                )
        return plans

    def _plan(self, partition: Partition, committed: Committed, first: int, end: int) -> Plan:
        try:
            return plan(committed, first, end, ignore_unreadable=self._ignore_unreadable)
        except UnreadableCheckpoint as error:
            raise Fatal(
                f"{partition.topic}/{partition.number}, group {self.consumer.group}: {error}. "
                "Start the release that wrote it, or start with --ignore-checkpoint to go on "
                f"at the committed offset {committed.offset}; messages that were "
                "unsettled then are not sent again"
            ) from error

    async def _committed(self, partitions: list[Partition]) -> dict[Partition, Committed]:
        if self._admin is None:
            self._admin = await Admin(self._config).__aenter__()
        try:
            return await self._admin.committed(self.consumer.group, partitions)
        except BaseException:
            await self.close()
            raise
