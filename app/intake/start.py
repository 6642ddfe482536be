"""Where a group without any offset begins: decided once, for every partition, before joining."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Literal

from app.domain.record import Partition
from app.intake import checkpoint
from app.kafka import Commit, CommitRefused, Consumer, GroupTimes, KafkaError, persistent

if TYPE_CHECKING:
    from app.domain.clock import WallClock
    from app.kafka import Admin, KafkaConfig

log = logging.getLogger(__name__)

ANSWER_S = 30.0
TRIES = 20
TRY_EVERY_S = 0.5

Start = Literal["earliest", "latest"] | float


async def begin_group(
    config: KafkaConfig,
    admin: Admin,
    group: str,
    topic: str,
    partitions: int,
    *,
    start: Start,
    clock: WallClock,
) -> None:
    """Commit `start` for the whole topic where the group has no offset in it at all.

    `start` is `earliest`, `latest`, or how many seconds back. Done before joining: the first
    instance decides for all, and a partition without offset is later known to have been added.
    """
    everything = [Partition(topic, number) for number in range(partitions)]

    async def has_begun() -> bool:
        committed = await persistent(lambda: admin.committed(group, everything), ANSWER_S)
        return any(found.offset >= 0 for found in committed.values())

    if await has_begun():
        return
    consumer = Consumer(config, group, times=GroupTimes())
    try:
        await consumer.start_alone(everything)
        chosen, records = await _choose(consumer, everything, start=start, clock=clock)
        for _ in range(TRIES):
            # Right before the commit: the choice of an instance that was quicker stands.
            if await has_begun():
                return
            try:
                await consumer.commit(chosen, ANSWER_S)
            except (CommitRefused, KafkaError) as error:
                # Another instance is in the group already, and about to commit its own choice.
                log.debug("the start of group %s is not ours to commit: %s", group, error)
                await asyncio.sleep(TRY_EVERY_S)
            else:
                log.info("group %s starts at %s: %d records are in the log", group, start, records)
                return
    finally:
        await consumer.stop()
    log.warning("group %s has members but no offsets; starting at the log's start", group)


async def _choose(
    consumer: Consumer, partitions: list[Partition], *, start: Start, clock: WallClock
) -> tuple[dict[Partition, Commit], int]:
    """The commit of each partition, and how many records lie behind them."""
    bounds = await persistent(lambda: consumer.bounds(partitions), ANSWER_S)
    chosen = {part: first for part, (first, _) in bounds.items()}
    if start == "latest":
        chosen = {part: end for part, (_, end) in bounds.items()}
    elif start != "earliest":
        back_to = clock() - round(float(start) * 1000)
        found = await consumer.offsets_at(partitions, back_to)
        chosen = {
            part: end if (at := found[part]) is None else at for part, (_, end) in bounds.items()
        }
    commits = {
        part: Commit(offset, checkpoint.encode(offset, offset, ()))
        for part, offset in chosen.items()
    }
    return commits, sum(end - chosen[part] for part, (_, end) in bounds.items())
