"""Keeping what is known of suppressions as their topic has it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from app.domain.errors import MailerError
from app.domain.record import Partition
from app.domain.suppression import Source, read_key, read_value
from app.kafka import Admin, KafkaError, LogReader, persistent
from app.telemetry import Throttle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.record import Record
    from app.domain.vitals import Vitals
    from app.kafka import KafkaConfig
    from app.state.suppressed import Suppressed

log = logging.getLogger(__name__)

ANSWER_S: Final = 5.0
# A topic that was just made takes a moment until every broker knows of it and of its leaders.
APPEAR_S: Final = 5.0
CHECK_EVERY_S: Final = 5.0
SAY_EVERY_S: Final = 5.0
SWEEP_EVERY_S: Final = 3600.0
PAUSES_S: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
# Small, for all that one fetch brings is taken in one turn of the event loop.
FETCH_BYTES: Final = 256 * 1024


class Follower:
    """Reads the topic whole, then everything that is added, until cancelled.

    Trouble goes to `vitals` and never ends it: while Kafka is away, what is known counts.
    """

    def __init__(self, config: KafkaConfig, topic: str, known: Suppressed, vitals: Vitals) -> None:
        self._config = config
        self._topic = topic
        self._known = known
        self._vitals = vitals
        self._positions: dict[int, int] = {}  # the next offset, by partition
        self._whole = asyncio.Event()
        self._foreign = Throttle(time.monotonic)
        self._sweep_at = time.monotonic() + SWEEP_EVERY_S

    async def whole(self) -> None:
        """Return once everything is known that was in the topic at the start."""
        await self._whole.wait()

    async def run(self) -> None:
        """Follow until cancelled."""
        tries = 0
        while True:
            began = time.monotonic()
            try:
                await self._follow()
            except (KafkaError, OSError, TimeoutError, MailerError) as error:
                self._vitals.trouble(f"{self._topic}: {str(error) or type(error).__name__}")
            except Exception:
                log.exception("following %s failed", self._topic)
                self._vitals.trouble(f"{self._topic}: our own code failed")
            self._vitals.rest()
            tries = 0 if time.monotonic() - began > CHECK_EVERY_S * 2 else tries + 1
            await asyncio.sleep(PAUSES_S[min(tries, len(PAUSES_S) - 1)])

    async def _follow(self) -> None:
        async with (
            Admin(self._config, answer_s=ANSWER_S) as admin,
            LogReader(self._config, fetch_bytes=FETCH_BYTES) as reader,
        ):
            while True:
                partitions = await persistent(lambda: self._partitions(admin), APPEAR_S)
                ends = await self._begin(reader, partitions)
                if not self._whole.is_set():
                    await self._read_whole(reader, ends)
                    await self._check_policy(admin)
                self._vitals.trouble(None)
                await self._read_on(admin, reader)

    async def _partitions(self, admin: Admin) -> list[Partition]:
        found = await admin.topics([self._topic])
        if self._topic not in found:
            raise TimeoutError("the topic does not exist")
        return [Partition(self._topic, number) for number in range(found[self._topic].partitions)]

    async def _begin(
        self, reader: LogReader, partitions: Sequence[Partition]
    ) -> dict[Partition, int]:
        """Go on where reading ended; a log that is not the one read before is read from its start.

        Gives the logs' ends.
        """
        bounds = await persistent(lambda: reader.bounds(partitions), APPEAR_S)
        starts = {}
        for partition, (first, end) in bounds.items():
            position = self._positions.get(partition.number)
            if position is None or not first <= position <= end:
                self._drop(partition.number)
                position = first
            starts[partition] = self._positions[partition.number] = position
        for number in [each for each in self._positions if each >= len(bounds)]:
            self._drop(number)
            del self._positions[number]
        reader.begin(starts)
        return {partition: end for partition, (_, end) in bounds.items()}

    def _drop(self, number: int) -> None:
        if number in self._positions:
            log.warning(
                "partition %d of %s is not the log it was: it is read anew", number, self._topic
            )
            self._known.forget(number)

    async def _read_whole(self, reader: LogReader, ends: dict[Partition, int]) -> None:
        total = sum(end - self._positions[partition.number] for partition, end in ends.items())
        read, say_at = 0, time.monotonic() + SAY_EVERY_S
        async for records in reader.until(ends):
            self._take(records)
            read += len(records)
            if time.monotonic() >= say_at:
                say_at += SAY_EVERY_S
                log.info("reading %s: %d of at most %d records", self._topic, read, total)
        # What was added meanwhile may have been fetched and left out: once more from there.
        reader.begin({each: self._positions[each.number] for each in ends})
        self._whole.set()
        log.info("%s is read: %d addresses are suppressed", self._topic, len(self._known))

    async def _read_on(self, admin: Admin, reader: LogReader) -> None:
        """Return when partitions have been added, or a log is another than before."""
        check_at = time.monotonic() + CHECK_EVERY_S
        while True:
            self._vitals.rest()
            records = await reader.next()
            self._vitals.beat()
            self._take(records)
            now = time.monotonic()
            if now >= self._sweep_at:
                self._sweep_at = now + SWEEP_EVERY_S
                self._known.forget_expired()
            if now >= check_at:
                self._vitals.rest()
                if await self._has_changed(admin, reader):
                    return
                check_at = time.monotonic() + CHECK_EVERY_S

    async def _has_changed(self, admin: Admin, reader: LogReader) -> bool:
        partitions = await self._partitions(admin)
        if len(partitions) != len(self._positions):
            return True
        bounds = await reader.bounds(partitions)
        return any(bounds[each][1] < self._positions[each.number] for each in partitions)

    def _take(self, records: Iterable[Record]) -> None:
        for record in records:
            if record.offset < self._positions.get(record.partition, 0):
                # The client has begun the log anew, for it ends before where we were.
                self._drop(record.partition)
            self._positions[record.partition] = record.next_offset
            try:
                self._take_one(record)
            except ValueError as error:
                if self._foreign.due():
                    log.warning("%s is passed over: no suppression: %s", record.origin, error)

    def _take_one(self, record: Record) -> None:
        digest = read_key(record.key)
        if record.value is None:
            self._known.remove(record.partition, digest)
            return
        found = read_value(record.value)
        manual = found.source is Source.MANUAL
        self._known.put(record.partition, digest, found.until_ms, manual=manual)

    async def _check_policy(self, admin: Admin) -> None:
        try:
            policy = (await admin.config(self._topic)).get("cleanup.policy", "")
        except (KafkaError, OSError, TimeoutError, MailerError) as error:
            log.debug("the configuration of %s cannot be read: %r", self._topic, error)
            return
        if policy and policy != "compact":
            log.warning(
                "cleanup.policy of %s is %s, so that entries disappear with time: set it to "
                "compact",
                self._topic,
                policy,
            )
