"""A consumer loop: poll for what there is room for and submit it; the checkpoint follows."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from app.domain.claim import Claim
from app.domain.clock import epoch_ms
from app.domain.job import MailJob
from app.intake.meter import Meter
from app.intake.progress import Progress
from app.intake.taking import NotDue
from app.kafka import KafkaError, OffsetsOutOfRange

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.job import JobSink
    from app.domain.record import Record
    from app.domain.vitals import Vitals
    from app.intake.assigned import Assigned
    from app.intake.assignment import CurrentAssignment
    from app.intake.taking import Taking
    from app.kafka import Consumer

POLL_S = 0.5
RETRY_S = 0.5
LEAST_SHARE = 8  # a poll costs more than several records
SEEK_GAP = 1000  # beyond so many unwanted records a seek is cheaper than reading over them


class Reader:
    """Reads some topics as one member of one group, from joining to `halt`."""

    def __init__(
        self,
        name: str,
        *,
        consumer: Consumer,
        assignment: CurrentAssignment,
        sink: JobSink,
        taking: Taking,
        vitals: Vitals,
    ) -> None:
        self.name = name
        self.assignment = assignment
        self.meter = Meter()
        self._consumer = consumer
        self._sink = sink
        self._taking = taking
        self._vitals = vitals
        self._turns = 0
        self._plenty = False  # more was there than could be taken
        self._halted = False
        self._held = False

    async def run(self, topics: Sequence[str]) -> None:
        """Join the group and read until `halt`; raises `Fatal` when an operator is needed.

        Checkpoints go on after it returned, until `close`.
        """
        await self._join(topics)
        self.assignment.checkpointer.start()
        while not self._halted:
            self._vitals.beat()
            self.assignment.checkpointer.check()
            await self._turn()

    def progress(self) -> list[Progress]:
        """How far each partition is; asks nobody."""
        found = []
        for partition, state in self.assignment.states.items():
            ledger = state.ledger
            end = self._consumer.log_end(partition)
            commit = self.assignment.checkpointer.committed(partition)
            lag = None if ledger is None or end is None else max(0, end - ledger.position)
            found.append(
                Progress(
                    partition,
                    position=None if ledger is None else ledger.position,
                    unsettled=0 if ledger is None else ledger.unsettled_count,
                    committed=None if commit is None else commit.offset,
                    lag=lag,
                    waiting_since_ms=state.waiting_since_ms() if lag else None,
                    oldest_unsettled_s=0.0 if ledger is None else ledger.oldest_s(),
                    checkpoint_bytes=0 if commit is None else len(commit.metadata),
                )
            )
        return found

    def halt(self) -> None:
        """Read and submit nothing more; returns at once."""
        self._halted = True
        self.assignment.changed.set()

    def hold(self, *, held: bool) -> None:
        """While held, nothing more is taken up; the partitions stay with us."""
        self._held = held
        self.assignment.changed.set()

    async def close(self) -> None:
        """Leave the group; drain the assignment before."""
        await self.assignment.close()
        await self._consumer.stop()

    async def _join(self, topics: Sequence[str]) -> None:
        joining = asyncio.create_task(
            self._consumer.start(topics, self.assignment), name=f"{self.name} join"
        )
        try:
            while not joining.done() and not self._halted:
                self._vitals.beat()
                await asyncio.wait([joining], timeout=POLL_S)
        finally:
            if not joining.done():
                joining.cancel()
                await asyncio.wait([joining])
        if not joining.cancelled():
            joining.result()

    async def _turn(self) -> None:
        try:
            self._consumer.check()
        except KafkaError as error:
            self._vitals.trouble(f"the group cannot be joined: {error}")
            await self._wait(RETRY_S)
            return
        if self.assignment.draining or self._held:
            self.meter.go_on()
            await self._wait(POLL_S)
            return
        if not await self.assignment.resume_new():
            await self._wait(RETRY_S)
            return
        self._turns += 1
        for state in self._rotated():
            # A drain may have begun while checkpoints were read.
            if self.assignment.holds(state) and self._sink.room() > 0:
                self._submit(state)
        ready = [state for state in self._rotated() if state.ledger and not state.leftover]
        room = self._sink.room()
        if room <= 0 and (ready or self._has_due()):
            self.meter.pause()
            await self._sink.wait_for_room(POLL_S)
            return
        self.meter.go_on()
        if ready:
            await self._poll(ready, room)
        else:
            self._vitals.trouble(None)
            await self._wait(self._next_look_s())

    def _rotated(self) -> list[Assigned]:
        """The partitions, beginning with another one each turn, so that none starves."""
        states = list(self.assignment.states.values())
        start = self._turns % len(states) if states else 0
        return states[start:] + states[:start]

    async def _poll(self, ready: list[Assigned], room: int) -> None:
        """Take what is there, from each in turn where that is more than there is room for.

        When nothing is, wait for the first to come.
        """
        if self._plenty:
            share = max(LEAST_SHARE, room // len(ready))
            got = 0
            for state in ready:
                got += await self._fetch([state], min(share, room - got), 0.0)
                if got >= room:
                    return
            self._plenty = False
            if got:
                return
        self._plenty = await self._fetch(ready, room, self._next_look_s()) >= room

    async def _fetch(self, states: list[Assigned], room: int, timeout_s: float) -> int:
        """How many records came."""
        asked = {state.partition: state for state in states}
        self._vitals.rest()
        try:
            batch = await self._consumer.poll(asked, room=room, timeout_s=timeout_s)
        except OffsetsOutOfRange as error:
            await self._moved(error)
            return 0
        except (KafkaError, OSError) as error:
            self._vitals.trouble(f"records cannot be read: {error}")
            self._go_back(states)
            await self._wait(RETRY_S)
            return 0
        self._vitals.beat()
        self._vitals.trouble(None)
        for partition, state in asked.items():
            if self.assignment.holds(state):
                await self._accept(state, batch.get(partition, []))
        # With records at hand nothing above waits for anything; the others shall have their turn.
        await asyncio.sleep(0)
        return sum(map(len, batch.values()))

    def _go_back(self, states: list[Assigned]) -> None:
        """One unreadable partition takes with it what the same poll had read from others."""
        for state in states:
            if self.assignment.holds(state):
                self._consumer.seek(state.partition, state.next_wanted())

    async def _moved(self, error: OffsetsOutOfRange) -> None:
        try:
            await self.assignment.out_of_range(error.partitions)
        except (KafkaError, OSError, TimeoutError) as trouble:
            # The next poll raises the same again.
            self._vitals.trouble(f"the log's bounds cannot be read: {trouble}")
            await self._wait(RETRY_S)

    async def _accept(self, state: Assigned, records: list[Record]) -> None:
        if records:
            self.meter.read(state.partition.topic, records)
            state.leftover.extend(records)
        self._submit(state)
        if state.leftover:
            return
        try:
            position = await self._consumer.position(state.partition)
        except (OSError, TimeoutError):
            return  # known after the next poll
        if position is None or not self.assignment.holds(state):
            return
        self.assignment.gone(state, state.read_up_to(position))
        end = self._consumer.log_end(state.partition)
        if end is not None and end <= position:
            state.passed_ms = max(state.passed_ms, epoch_ms())
        if state.next_wanted() > position + SEEK_GAP:
            self._consumer.seek(state.partition, state.next_wanted())

    def _submit(self, state: Assigned) -> None:
        """Hand on what is left over, in order, as long as it is due and there is room."""
        ledger = state.ledger
        if (
            ledger is None
            or self._held
            or (state.look_s is not None and state.look_s > time.monotonic())
        ):
            return
        state.look_s = None
        while True:
            self.assignment.gone(state, state.skip_to_wanted())
            if not state.leftover or state.held_back():
                return
            if not self._hand_on(state, state.leftover[0], ledger.epoch):
                return
            state.submitted()

    def _hand_on(self, state: Assigned, record: Record, epoch: int) -> bool:
        claim = Claim(record.topic, record.partition, record.offset, epoch)
        taken = state.job or self._taking(record, claim)
        if isinstance(taken, NotDue):
            # No later than the next turn of an idle reader: the wall clock may be put forward.
            state.look_s = time.monotonic() + min(taken.wait_s, POLL_S)
            return False
        if isinstance(taken, MailJob):
            entered = self._sink.offer(taken)
            state.job = None if entered else taken
            return entered
        self._sink.divert(taken)
        return True

    def _has_due(self) -> bool:
        """Whether anything that was read waits for room, and not for its time."""
        now = time.monotonic()
        return any(
            state.leftover and (state.look_s is None or state.look_s <= now)
            for state in self.assignment.states.values()
        )

    def _next_look_s(self) -> float:
        """Until a held head is to be looked at again, at most one poll."""
        looks = [state.look_s for state in self.assignment.states.values() if state.look_s]
        if not looks:
            return POLL_S
        return min(POLL_S, max(0.0, min(looks) - time.monotonic()))

    async def _wait(self, seconds: float) -> None:
        """For the assignment to change, or so long."""
        self.assignment.changed.clear()
        try:
            async with asyncio.timeout(seconds):
                await self.assignment.changed.wait()
        except TimeoutError:
            return
