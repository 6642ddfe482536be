"""Deleting old dead letters for good."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from app.domain.errors import Fatal
from app.domain.record import Partition
from app.kafka import KafkaError, Producer
from app.outcomes.dead_letters.letters import ANSWER_S
from app.outcomes.dead_letters.marks import state_topic, tombstone

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.kafka import KafkaConfig
    from app.outcomes.dead_letters.letters import Letters


class Prefix(NamedTuple):
    """What goes of a partition: offsets from `first`, before `before`; the log ends at `end`."""

    partition: int
    first: int
    before: int
    end: int

    @property
    def length(self) -> int:
        """Offsets, which is the number of letters at most."""
        return self.before - self.first


async def prefixes(letters: Letters, before_ms: int | None) -> list[Prefix]:
    """Of each partition all before the first letter that was written then or later.

    None means all that is there now.
    """
    # In this order: what comes meanwhile is not among what goes.
    bounds = await letters.bounds()
    younger = {} if before_ms is None else await letters.offsets_at(before_ms)
    found = []
    for partition, (first, end) in sorted(bounds.items()):
        offset = younger.get(partition)
        found.append(Prefix(partition.number, first, end if offset is None else offset, end))
    return found


async def purge(letters: Letters, meant: Sequence[Prefix], config: KafkaConfig) -> None:
    """Delete these prefixes, and forget the marks of what is no more."""
    going = [prefix for prefix in meant if prefix.length > 0]
    if going:
        offsets = {Partition(letters.topic, each.partition): each.before for each in going}
        try:
            await letters.admin.delete_before(offsets)
        except KafkaError as error:
            if error.retriable:
                raise
            raise Fatal(f"topic {letters.topic} cannot be purged: {error}") from None
    marks = await letters.marks()
    forgotten = [
        tombstone(place, state_topic(letters.topic))
        for each in meant
        for place in marks.below(each.partition, each.before)
    ]
    if forgotten:
        async with Producer(config) as producer, asyncio.timeout(ANSWER_S):
            await producer.publish(forgotten)
