"""Giving an assignment back: what is taken back, what is waited for, and for how long."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.domain.claim import Claim
from app.domain.record import Partition
from app.intake.assignment import CurrentAssignment, ReaderVitals
from app.intake.checkpoint import Checkpoint, decode
from app.intake.ledger import CommitPolicy, Ledger
from app.intake.resume import Plan
from app.kafka import Commit, Committed, GroupTimes
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.job import Hop, MailJob, Refused

QUEUE = Partition("email-queue", 0)


class Kafka:
    """The parts of Consumer and Resuming that are used here."""

    group = "group"
    times = GroupTimes()

    def __init__(self) -> None:
        self.consumer = self
        self.commits: list[Commit] = []

    async def commit(self, commits: Mapping[Partition, Commit], timeout_s: float) -> None:
        self.commits += commits.values()

    async def plans(self, partitions: Iterable[Partition]) -> dict[Partition, Plan]:
        return dict.fromkeys(partitions, Plan(0))

    async def committed(self, partition: Partition) -> Committed:
        raise NotImplementedError

    def seek(self, partition: Partition, offset: int) -> None:
        pass


class Pool:
    """A sink whose jobs wait, or run until the test says how they end."""

    def __init__(self, ledger: Ledger) -> None:
        self.waiting: list[Claim] = []
        self.running: list[Claim] = []
        self.aborted = 0
        self._ledger = ledger

    def room(self) -> int:
        return 1

    async def wait_for_room(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def offer(self, job: MailJob) -> bool:
        raise NotImplementedError

    def divert(self, item: Refused | Hop) -> None:
        raise NotImplementedError

    def withdraw(self, epochs: frozenset[int]) -> int:
        return self._give_up(self.waiting)

    def abort(self, epochs: frozenset[int]) -> int:
        self.aborted += len(self.running)
        return self._give_up(self.running)

    def _give_up(self, claims: list[Claim]) -> int:
        for claim in claims:
            self._ledger.give_up(claim)
        count = len(claims)
        claims.clear()
        return count


class Vitals:
    def beat(self) -> None: ...
    def rest(self) -> None: ...
    def trouble(self, reason: str | None) -> None: ...


async def assigned(
    kafka: Kafka, ledger: Ledger, pool: Pool, *, drain_timeout_s: float = 10.0
) -> tuple[CurrentAssignment, list[Claim]]:
    """With two offsets submitted."""
    assignment = CurrentAssignment(
        "queue",
        resuming=kafka,  # type: ignore[arg-type]  # the part of Resuming that is used
        policy=CommitPolicy.SUBMITTED,
        ledger=ledger,
        sink=pool,
        drain_timeout_s=drain_timeout_s,
        vitals=ReaderVitals(Vitals(), Vitals()),
    )
    assignment.assigned(frozenset([QUEUE]))
    await assignment.resume_new()
    (entry,) = (state.ledger for state in assignment.states.values() if state.ledger)
    entry.take(0)
    entry.take(1)
    return assignment, [Claim(*QUEUE, offset, entry.epoch) for offset in (0, 1)]


def test_what_a_worker_puts_back_during_the_drain_is_withdrawn_too() -> None:
    async def main() -> None:
        kafka, ledger = Kafka(), Ledger()
        pool = Pool(ledger)
        assignment, (waits, runs) = await assigned(kafka, ledger, pool)
        pool.waiting, pool.running = [waits], [runs]
        draining = asyncio.create_task(assignment.drain(60.0))
        await until(lambda: not pool.waiting, "what waits is withdrawn")
        assert not draining.done(), "what runs is waited for"
        pool.running, pool.waiting = [], [runs]
        await draining
        assert not pool.aborted
        last = kafka.commits[-1]
        assert decode(last.metadata, last.offset) == Checkpoint(2, (0, 1))
        assert ledger.is_current(runs), "unsettled, for whoever resumes"

    run(main())


def test_what_still_runs_at_the_end_of_the_time_is_cut() -> None:
    async def main() -> None:
        kafka, ledger = Kafka(), Ledger()
        pool = Pool(ledger)
        assignment, pool.running = await assigned(kafka, ledger, pool)
        await assignment.drain(0.05)
        assert pool.aborted == 2
        assert len(kafka.commits) == 1

    run(main())


def test_a_stop_ends_the_drain_of_a_revocation_in_its_own_shorter_time() -> None:
    async def main() -> None:
        kafka, ledger = Kafka(), Ledger()
        pool = Pool(ledger)
        assignment, pool.running = await assigned(kafka, ledger, pool, drain_timeout_s=60)
        revoking = asyncio.create_task(assignment.revoked())
        await until(lambda: assignment.draining, "the revocation drains")
        await assignment.drain(0.1)
        await revoking
        assert not assignment.states

    run(main())
