"""What the commits of a run's groups leave unsettled: nothing else may be sent again."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import orjson

from app.domain.record import Partition
from app.intake.checkpoint import Checkpoint, decode
from tests.support import kafka_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.support.kafka_tools import Committed
    from tests.support.topics import Topics

PAUSE_S = 0.05
STILL_S = 5.0  # others may be committing all the time


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mail stands in the queue or in a tier."""

    id: str
    partition: Partition
    offset: int


@dataclass(frozen=True, slots=True)
class Commits:
    """Of the queue's and the tiers' group, at one moment."""

    found: Mapping[Partition, Committed]

    def settle(self, partition: Partition, offset: int) -> bool:
        """Whether nobody is handed that record again."""
        if (committed := self.found.get(partition)) is None:
            return False
        checkpoint = decode(committed.metadata, committed.offset) or Checkpoint(committed.offset)
        return offset < checkpoint.position and offset not in checkpoint.unsettled

    def unsettled(self, places: Iterable[Place]) -> set[str]:
        """The ids that stand anywhere where they are not settled."""
        return {each.id for each in places if not self.settle(each.partition, each.offset)}


class Places:
    """Queue and tiers; a topic is read again only when something was added to it."""

    def __init__(self, brokers: str, topics: Topics) -> None:
        self._brokers = brokers
        self._topics = topics
        self._known: dict[str, tuple[dict[Partition, int], list[Place]]] = {}

    async def all(self) -> list[Place]:
        """Each mail's, one or more."""
        return [place for topic in await self._names() for place in await self._of(topic)]

    async def commits(self) -> Commits:
        found: dict[Partition, Committed] = {}
        for group in (self._topics.group, f"{self._topics.group}-retry"):
            found |= await kafka_tools.committed(self._brokers, group)
        return Commits(found)

    async def last_commits(self) -> Commits:
        """Those of members that write no more: one may be on its way to the broker.

        So they are read until two looks agree, for a while: other members go on.
        """
        ends = time.monotonic() + STILL_S
        before = await self.commits()
        while True:
            await asyncio.sleep(PAUSE_S)
            after = await self.commits()
            if after == before or time.monotonic() > ends:
                return after
            before = after

    async def _names(self) -> list[str]:
        names = await kafka_tools.list_topics(self._brokers)
        queue = self._topics.queue
        return [queue, *sorted(one for one in names if one.startswith(f"{queue}-retry-"))]

    async def _of(self, topic: str) -> list[Place]:
        ends = await kafka_tools.ends(self._brokers, topic)
        known = self._known.get(topic)
        if known is None or known[0] != ends:
            records = await kafka_tools.read_all(self._brokers, topic)
            found = [
                Place(
                    orjson.loads(one.value or b"")["id"],
                    Partition(topic, one.partition),
                    one.offset,
                )
                for one in records
            ]
            known = self._known[topic] = (ends, found)
        return known[1]
