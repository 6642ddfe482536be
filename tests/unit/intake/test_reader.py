"""The reader's turns where a real broker shows nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from typing_extensions import override

from app.domain.job import MailJob, Refused, RefusedAs, Trail
from app.domain.message import Address, Message
from app.domain.record import Partition, Record
from app.intake.assigned import Assigned
from app.intake.assignment import CurrentAssignment, ReaderVitals
from app.intake.ledger import CommitPolicy, Ledger
from app.intake.reader import Reader
from app.intake.resume import Plan
from app.intake.taking import NotDue
from app.kafka import Assignment, Commit, Committed, GroupTimes, KafkaError
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pytest

    from app.domain.claim import Claim
    from app.domain.job import Hop

ONE, TWO = Partition("email-queue", 0), Partition("email-queue", 1)


class Kafka:
    """The parts of Consumer and Resuming that are used here, over logs without an end."""

    group = "group"
    times = GroupTimes()

    def __init__(self, *partitions: Partition) -> None:
        self.consumer = self
        self.positions = dict.fromkeys(partitions, 0)
        self.unreadable: Partition | None = None
        self.failed = 0

    async def start(self, topics: Sequence[str], assignment: Assignment) -> None:
        assignment.assigned(frozenset(self.positions))

    async def stop(self) -> None: ...

    async def close(self) -> None: ...

    def check(self) -> None: ...

    async def commit(self, commits: Mapping[Partition, Commit], timeout_s: float) -> None: ...

    async def plans(self, partitions: Iterable[Partition]) -> dict[Partition, Plan]:
        return dict.fromkeys(partitions, Plan(0))

    async def committed(self, partition: Partition) -> Committed:
        return Committed(0, "kept")

    def seek(self, partition: Partition, offset: int) -> None:
        self.positions[partition] = offset

    async def position(self, partition: Partition) -> int:
        return self.positions[partition]

    def log_end(self, partition: Partition) -> int:
        return self.positions[partition] + 1000

    async def poll(
        self, partitions: Iterable[Partition], *, room: int, timeout_s: float
    ) -> dict[Partition, list[Record]]:
        """As the library: what it took before it met the unreadable partition is lost."""
        asked = list(partitions)
        if len(asked) == 1 and self.unreadable:
            return {}  # nothing has arrived yet
        found = {}
        for partition in asked:
            if partition == self.unreadable:
                self.failed += 1
                self.unreadable = None
                raise KafkaError("cannot be decoded")
            first = self.positions[partition]
            found[partition] = [
                Record(*partition, first + n, 0, None, b"{}", ()) for n in range(room)
            ]
            self.positions[partition] += room
        return found


class Plenty(Kafka):
    """A poll is filled from one partition, always the same, as the library may do it."""

    @override
    async def poll(
        self, partitions: Iterable[Partition], *, room: int, timeout_s: float
    ) -> dict[Partition, list[Record]]:
        return await super().poll([min(partitions)], room=room, timeout_s=timeout_s)


class Sink:
    """Takes jobs while there is `room`."""

    def __init__(self, room: int) -> None:
        self.places = room
        self.offered: list[Claim] = []
        self.diverted: list[Claim] = []
        self.waits = 0

    def room(self) -> int:
        return self.places

    async def wait_for_room(self, seconds: float) -> None:
        self.waits += 1
        await asyncio.sleep(0.001)

    def offer(self, job: MailJob) -> bool:
        self.offered.append(job.claim)
        return False

    def divert(self, item: Refused | Hop) -> None:
        self.diverted.append(item.claim)

    def withdraw(self, epochs: frozenset[int]) -> int:
        return 0

    abort = withdraw


class Vitals:
    def beat(self) -> None: ...
    def rest(self) -> None: ...
    def trouble(self, reason: str | None) -> None: ...


def refused(record: Record, claim: Claim) -> Refused:
    return Refused(claim, record, Trail(record.origin, 0), RefusedAs.INVALID, "is empty")


def reading(kafka: Kafka, sink: Sink, taking: object) -> Reader:
    assignment = CurrentAssignment(
        "queue",
        resuming=kafka,  # type: ignore[arg-type]  # the part of Resuming that is used
        policy=CommitPolicy.SUBMITTED,
        ledger=Ledger(),
        sink=sink,
        drain_timeout_s=1,
        vitals=ReaderVitals(Vitals(), Vitals()),
    )
    return Reader(
        "queue",
        consumer=kafka,  # type: ignore[arg-type]  # the part of Consumer that is used
        assignment=assignment,
        sink=sink,
        taking=taking,  # type: ignore[arg-type]  # a function
        vitals=Vitals(),
    )


async def halted(reader: Reader, task: asyncio.Task[None]) -> None:
    reader.halt()
    await task
    await reader.close()


def test_reading_without_a_pause_lets_others_have_their_turn() -> None:
    async def main() -> None:
        sink = Sink(room=5)
        reader = reading(Kafka(ONE), sink, refused)
        task = asyncio.create_task(reader.run(["email-queue"]))
        await until(lambda: len(sink.diverted) > 100, "much is read")
        await halted(reader, task)
        assert [claim.offset for claim in sink.diverted] == [*range(len(sink.diverted))]

    run(main(), 10)


def test_a_partition_with_plenty_leaves_the_others_their_share() -> None:
    async def main() -> None:
        sink = Sink(room=20)
        reader = reading(Plenty(ONE, TWO), sink, refused)
        task = asyncio.create_task(reader.run(["email-queue"]))
        await until(lambda: len(sink.diverted) > 400, "much is read")
        await halted(reader, task)
        shares = Counter(claim.partition for claim in sink.diverted)
        assert min(shares[ONE.number], shares[TWO.number]) > 150

    run(main(), 10)


def test_one_unreadable_partition_takes_no_records_of_others_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.intake.reader.RETRY_S", 0.01)

    async def main() -> None:
        kafka, sink = Kafka(ONE, TWO), Sink(room=5)
        kafka.unreadable = TWO
        reader = reading(kafka, sink, refused)
        task = asyncio.create_task(reader.run(["email-queue"]))
        await until(lambda: len(sink.diverted) > 20, "it reads on")
        await halted(reader, task)
        assert kafka.failed == 1
        for partition in (ONE, TWO):
            offsets = [one.offset for one in sink.diverted if one.partition == partition.number]
            assert offsets == [*range(len(offsets))]

    run(main(), 10)


def test_a_message_that_finds_no_room_is_decoded_once() -> None:
    decoded: Counter[int] = Counter()

    def taking(record: Record, claim: Claim) -> MailJob:
        decoded[record.offset] += 1
        to = Address("a", "example.com")
        message = Message(id="1", to=(to,))
        return MailJob(claim, record, Trail(record.origin, 0), message, (to,), 10)

    async def main() -> None:
        sink = Sink(room=1)
        reader = reading(Kafka(ONE), sink, taking)
        task = asyncio.create_task(reader.run(["email-queue"]))
        await until(lambda: sink.offered, "it is offered")
        sink.places = 0
        await until(lambda: sink.waits >= 5, "it has looked for room")
        offered = len(sink.offered)
        assert offered <= 3, "and left alone while there is no room"
        sink.places = 1
        await until(lambda: len(sink.offered) > offered, "and offered again")
        await halted(reader, task)
        assert decoded == {0: 1}

    run(main(), 10)


def test_nothing_left_over_is_handed_on_once_a_drain_has_begun() -> None:
    """The drain begins while the reader asks for the checkpoint of a partition begun anew."""

    async def main() -> None:
        kafka, sink = Kafka(ONE, TWO), Sink(room=1)
        asked, answer = asyncio.Event(), asyncio.Event()
        settled = kafka.plans

        async def slow(partitions: Iterable[Partition]) -> dict[Partition, Plan]:
            asked.set()
            await answer.wait()
            return await settled(partitions)

        def taking(record: Record, claim: Claim) -> MailJob:
            to = Address("a", "example.com")
            message = Message(id="1", to=(to,))
            return MailJob(claim, record, Trail(record.origin, 0), message, (to,), 10)

        reader = reading(kafka, sink, taking)
        task = asyncio.create_task(reader.run(["email-queue"]))
        await until(lambda: sink.offered, "something is left over")
        kafka.plans = slow  # type: ignore[method-assign]
        held = sink.offered[-1].partition
        other = TWO if held == ONE.number else ONE
        reader.assignment.states[other] = Assigned(other)
        await asked.wait()
        await reader.assignment.drain(1)
        offered = len(sink.offered)
        answer.set()
        await halted(reader, task)
        assert len(sink.offered) == offered

    run(main(), 10)


def test_a_held_head_is_looked_at_again_when_it_is_due_and_while_the_clocks_may_jump() -> None:
    asked: list[int] = []

    def taking(record: Record, claim: Claim) -> Refused | NotDue:
        asked.append(record.offset)
        waits = {1: NotDue(3600.0), 2: NotDue(0.01)}
        return waits.get(len(asked)) or refused(record, claim)

    async def main() -> None:
        sink = Sink(room=5)
        reader = reading(Kafka(ONE), sink, taking)
        task = asyncio.create_task(reader.run(["email-queue"]))
        await until(lambda: sink.diverted, "the clock was put forward by an hour")
        await halted(reader, task)
        assert asked[:3] == [0, 0, 0]

    run(main(), 10)
