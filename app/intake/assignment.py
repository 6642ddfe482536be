"""What the group gave us: resuming it, draining it, giving it back."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from typing import TYPE_CHECKING, NamedTuple

from app.intake.checkpointer import Checkpointer
from app.intake.drafts import Drafts
from app.intake.holdings import Holdings, Moved, moved
from app.kafka import KafkaError
from app.telemetry import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.domain.job import JobSink
    from app.domain.record import Partition
    from app.domain.vitals import Vitals
    from app.intake.assigned import Assigned
    from app.intake.ledger import CommitPolicy, Ledger
    from app.intake.resume import Plan
    from app.intake.resuming import Resuming

log = logging.getLogger(__name__)

LAST_COMMIT_S = 5.0
ABORT_S = 1.5
LOOK_S = 0.01


class ReaderVitals(NamedTuple):
    """One reader's lines to health: that of its loop, and that of its checkpoints."""

    reading: Vitals
    checkpoints: Vitals


class CurrentAssignment:
    """The partitions of one consumer, from being assigned to being given back.

    `revoked` and `assigned` are called by the client from a task of its own, while the reader may
    be waiting for records; each `Assigned` state belongs to one assignment, so what a poll brings
    for a state that is no longer here is not ours. `on_gone` hears how many unsettled messages the
    log has lost, each time it is found out.
    """

    def __init__(
        self,
        name: str,
        *,
        resuming: Resuming,
        policy: CommitPolicy,
        ledger: Ledger,
        sink: JobSink,
        drain_timeout_s: float,
        vitals: ReaderVitals,
        on_gone: Callable[[int], object] = lambda _: None,
    ) -> None:
        self._holdings = Holdings(ledger)
        self.checkpointer = Checkpointer(
            resuming.consumer,
            Drafts(ledger, policy, self._holdings.owned),
            resuming.committed,
            vitals.checkpoints,
        )
        self.changed = asyncio.Event()
        self._name = name
        self._resuming = resuming
        self._sink = sink
        self._drain_timeout_s = drain_timeout_s
        self._vitals = vitals.reading
        self._on_gone = on_gone
        self._throttle = Throttle(time.monotonic)
        self._joined = False
        self.rebalances = 0
        self._hurried = False
        self._drain_lock = asyncio.Lock()
        self._drain_ends = math.inf

    @property
    def resumed(self) -> bool:
        """Whether the group gave its assignment and every checkpoint of it was read."""
        return self._joined and all(state.ledger for state in self.states.values())

    @property
    def states(self) -> dict[Partition, Assigned]:
        return self._holdings.states

    @property
    def draining(self) -> bool:
        return self._holdings.draining

    def holds(self, state: Assigned) -> bool:
        """Whether records of this state may be handed out."""
        return self._holdings.holds(state)

    def assigned(self, partitions: frozenset[Partition]) -> None:
        """Kafka gives us partitions; nothing of them is handed out before they are resumed."""
        log.info("%s: %d partitions assigned", self._name, len(partitions))
        self._holdings.assigned(partitions)
        self._joined = True
        self.rebalances += 1
        self.checkpointer.resume()
        self.changed.set()

    async def revoked(self) -> None:
        """Kafka takes every partition back, and the group waits for us to let go of them."""
        if not self.states:
            return
        log.info("%s: giving %d partitions back", self._name, len(self.states))
        try:
            await self.drain(self._drain_timeout_s)
        finally:
            self._holdings.drop_all()

    async def drain(self, seconds: float) -> None:
        """Take back what has not started, let the rest end, write the last checkpoint.

        When `seconds` are over, what runs is cut, unless its last octet is sent.
        """
        ends = time.monotonic() + seconds
        # One that is under way already takes no longer than this one may.
        self._drain_ends = min(self._drain_ends, ends)
        async with self._drain_lock:
            self._holdings.draining = True
            self._drain_ends = ends
            epochs = frozenset(ledger.epoch for ledger in self._holdings.ledgers())
            if not await self._settled(epochs):
                cut = self._sink.abort(epochs)
                log.warning("%s: %d messages still under way are cut", self._name, cut)
                self._hurried = False
                self._drain_ends = time.monotonic() + ABORT_S
                await self._settled(epochs)
            await self.checkpointer.final(LAST_COMMIT_S)

    async def close(self) -> None:
        """Write no more checkpoints and let go of the connection for reading them."""
        await self.checkpointer.stop()
        await self._resuming.close()

    def hurry(self) -> None:
        """Wait for nobody any longer in a drain."""
        self._hurried = True

    async def resume_new(self) -> bool:
        """Read the checkpoints of new partitions; False while Kafka does not give them."""
        new = [state for state in self.states.values() if state.ledger is None]
        if not new:
            return True
        self._vitals.rest()
        try:
            plans = await self._resuming.plans([state.partition for state in new])
        except (KafkaError, OSError, TimeoutError) as error:
            self._vitals.trouble(f"checkpoints cannot be read: {error or type(error).__name__}")
            return False
        for state in new:
            self._begin(state, plans[state.partition])
        return True

    async def out_of_range(self, partitions: Iterable[Partition]) -> None:
        """The log moved under us. Retention: go on at its start. Cut or re-created: begin anew.

        Where the position lies within the log by now, a broker that just took over had shown an
        old end: go on as before.
        """
        states = [self.states[partition] for partition in partitions if partition in self.states]
        bounds = await self._resuming.bounds(
            {state.partition: state.next_wanted() for state in states}
        )
        for state in states:
            if state.ledger is None or not self.holds(state):
                continue
            first, end = bounds[state.partition]
            match moved(state, first, end):
                case Moved.BEFORE:
                    self._cut(state, state.ledger.position, first)
                case Moved.WITHIN:
                    if self._throttle.due():
                        log.warning(
                            "%s/%d: the position %d was outside the log for a moment; going on "
                            "there",
                            *state.partition,
                            state.next_wanted(),
                        )
                case Moved.BEYOND:
                    self._holdings.begin_anew(state)
                    continue
            self._resuming.consumer.seek(state.partition, state.next_wanted())

    def gone(self, state: Assigned, offsets: list[int]) -> None:
        """Unsettled offsets that the log no longer holds are named, counted and settled."""
        if not offsets or state.ledger is None:
            return
        log.error(
            "%s/%d: unsettled messages are no longer in the log, %d of them: offsets %s",
            *state.partition,
            len(offsets),
            ", ".join(map(str, offsets[:20])),
        )
        for offset in offsets:
            state.ledger.settle(offset)
        self._on_gone(len(offsets))

    def _cut(self, state: Assigned, position: int, first: int) -> None:
        self.gone(state, state.read_up_to(first))
        if position < first:
            log.error(
                "%s/%d: retention took the offsets %d to %d before they were read",
                *state.partition,
                position,
                first - 1,
            )

    def _begin(self, state: Assigned, found: Plan) -> None:
        # While we asked, a rebalance may have taken the partition or given it anew.
        if not self._holdings.begin(state, found):
            return
        if found.gone:
            self._on_gone(found.gone)
        self._resuming.consumer.seek(state.partition, state.next_wanted())
        if found.unsettled:
            log.info(
                "%s/%d: resuming at %d, %d unsettled from %d on",
                *state.partition,
                found.position,
                len(found.unsettled),
                found.unsettled[0],
            )

    async def _settled(self, epochs: frozenset[int]) -> bool:
        """Wait until nothing is in hand any more; whether that came before the drain's end.

        What has not started is taken back, also what a worker puts back meanwhile.
        """
        while any(ledger.in_hand for ledger in self._holdings.ledgers()):
            self._sink.withdraw(epochs)
            if self._hurried or time.monotonic() > self._drain_ends:
                return False
            self._vitals.beat()
            await asyncio.sleep(LOOK_S)
        return True
