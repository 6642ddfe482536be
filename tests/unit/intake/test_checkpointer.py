"""When checkpoints are written, and what a broker that drops their metadata leads to.

A consumer of ours stands in for Kafka where the condition is one that no broker at hand makes.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from app.domain.claim import Claim
from app.domain.record import Partition
from app.intake import checkpointer as module
from app.intake.checkpoint import decode
from app.intake.checkpointer import Checkpointer
from app.intake.drafts import Drafts
from app.intake.ledger import CommitPolicy, Ledger
from app.kafka import Commit, CommitRefused, Committed, GroupTimes
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import Mapping

QUEUE = Partition("email-queue", 0)


class Group:
    """Keeps commits as a broker would; `trouble` is raised instead, `hang` never answers."""

    group = "group"
    times = GroupTimes(session_s=0.3)

    def __init__(self, *, keeps_metadata: bool = True) -> None:
        self.keeps_metadata = keeps_metadata
        self.commits: list[Commit] = []
        self.trouble: Exception | None = None
        self.hang = False
        self.under_way = 0
        self.most_under_way = 0
        self.looks = 0

    async def commit(self, commits: Mapping[Partition, Commit], timeout_s: float) -> None:
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            if self.hang:
                await asyncio.get_running_loop().create_future()
            if self.trouble is not None:
                raise self.trouble
            self.commits.append(commits[QUEUE])
        finally:
            self.under_way -= 1

    def owned(self) -> list[Partition]:
        self.looks += 1
        return [QUEUE]

    async def read_back(self, partition: Partition) -> Committed:
        last = self.commits[-1]
        return Committed(last.offset, last.metadata if self.keeps_metadata else "")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TICK_S", 0.005)
    monkeypatch.setattr(module, "REFRESH_S", 0.05)
    monkeypatch.setattr(module, "COMMIT_TIMEOUT_S", 0.2)


class Vitals:
    def __init__(self) -> None:
        self.told: list[str | None] = [None]

    def beat(self) -> None: ...
    def rest(self) -> None: ...

    def trouble(self, reason: str | None) -> None:
        self.told.append(reason)


def made(
    group: Group,
    ledger: Ledger,
    policy: CommitPolicy = CommitPolicy.SUBMITTED,
    vitals: Vitals | None = None,
) -> Checkpointer:
    return Checkpointer(
        group,  # type: ignore[arg-type]  # the part of Consumer that is used
        Drafts(ledger, policy, group.owned),
        group.read_back,
        vitals or Vitals(),
    )


def claim(offset: int, epoch: int) -> Claim:
    return Claim(QUEUE.topic, QUEUE.number, offset, epoch)


def test_it_is_written_soon_after_a_change_and_then_left_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "REFRESH_S", 60)

    async def main() -> None:
        group, ledger = Group(), Ledger()
        entry = ledger.assign(QUEUE, 10)
        checkpoints = made(group, ledger)
        checkpoints.start()
        entry.take(10)
        await until(lambda: len(group.commits) >= 2, "a commit that was read back, and another")
        assert [10, 11] == [commit.offset for commit in group.commits[:2]]
        found = decode(group.commits[1].metadata, 11)
        assert found is not None
        assert found.unsettled == (10,)
        ledger.settle(claim(10, entry.epoch))
        await until(lambda: len(group.commits[-1].metadata) < 40, "one without unsettled")
        written, looks = len(group.commits), group.looks
        await until(lambda: group.looks >= looks + 20, "it has looked again")
        assert written == len(group.commits)
        await checkpoints.stop()

    run(main())


def test_it_is_refreshed_while_anything_is_unsettled() -> None:
    async def main() -> None:
        group, ledger = Group(), Ledger()
        ledger.assign(QUEUE, 10).take(10)
        checkpoints = made(group, ledger)
        checkpoints.start()
        await until(lambda: len(group.commits) >= 3, "refreshed")
        assert not checkpoints.overdue()
        await checkpoints.stop()

    run(main())


def test_an_idle_member_asks_now_and_then_whether_it_still_is_one() -> None:
    async def main() -> None:
        group, ledger = Group(), Ledger()
        ledger.assign(QUEUE, 10)
        checkpoints = made(group, ledger)
        checkpoints.start()
        await until(lambda: len(group.commits) >= 3, "refreshed")
        assert {commit.offset for commit in group.commits} == {10}
        await checkpoints.stop()

    run(main())


def test_a_member_that_was_frozen_while_idle_starts_nothing_before_the_group_has_answered() -> None:
    async def main() -> None:
        group, ledger = Group(), Ledger()
        entry = ledger.assign(QUEUE, 10)
        checkpoints = made(group, ledger)
        checkpoints.start()
        await until(lambda: group.commits, "a member")
        time.sleep(0.4)  # noqa: ASYNC251 - the whole process stands still, beyond its session
        entry.take(10)
        assert checkpoints.overdue()
        await until(lambda: not checkpoints.overdue(), "the group took a commit")
        checkpoints.resume()
        assert not checkpoints.overdue(), "an assignment is an answer too"
        await checkpoints.stop()

    run(main())


def test_a_broker_that_drops_the_metadata_means_settled_and_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        group, ledger = Group(keeps_metadata=False), Ledger()
        entry = ledger.assign(QUEUE, 10)
        entry.take(10)
        entry.take(11)
        checkpoints = made(group, ledger)
        checkpoints.start()
        await until(lambda: group.commits[-1:] and group.commits[-1].offset == 10, "the lowest")
        entry.take(12)
        await until(lambda: len(group.commits) >= 3, "another")
        assert {commit.offset for commit in group.commits} == {10}
        await checkpoints.stop()

    run(main())
    assert "does not keep commit metadata" in caplog.text


def test_it_is_overdue_when_commits_fail_for_longer_than_the_session_and_health_knows() -> None:
    async def main() -> None:
        group, ledger, vitals = Group(), Ledger(), Vitals()
        group.trouble = ConnectionError("away")
        entry = ledger.assign(QUEUE, 10)
        checkpoints = made(group, ledger, vitals=vitals)
        checkpoints.start()
        await asyncio.sleep(0.4)  # longer than the session
        assert not checkpoints.overdue(), "nothing is unsettled"
        entry.take(10)
        await until(checkpoints.overdue, "overdue")
        assert "they cannot be written: away" in vitals.told
        group.trouble = None
        await until(lambda: not checkpoints.overdue(), "well again")
        assert vitals.told[-1] is None
        await checkpoints.stop()

    run(main())


def test_a_new_assignment_ends_the_trouble_with_the_one_before() -> None:
    async def main() -> None:
        group, ledger, vitals = Group(), Ledger(), Vitals()
        group.trouble = ConnectionError("there is no such topic")
        ledger.assign(QUEUE, 10)
        checkpoints = made(group, ledger, vitals=vitals)
        checkpoints.start()
        await until(lambda: vitals.told[-1], "it fails")
        await checkpoints.stop()
        checkpoints.resume()
        assert vitals.told[-1] is None

    run(main())


def test_nothing_starts_after_a_refusal_before_the_group_takes_a_commit_again() -> None:
    async def main() -> None:
        group, ledger = Group(), Ledger()
        group.times = GroupTimes(session_s=60)
        entry = ledger.assign(QUEUE, 10)
        checkpoints = made(group, ledger)
        checkpoints.start()
        entry.take(10)
        await until(lambda: group.commits, "a commit")
        group.trouble = CommitRefused("no member any more")
        entry.take(11)
        await until(checkpoints.overdue, "it knows")
        group.trouble = None
        await until(lambda: not checkpoints.overdue(), "the group took a commit")
        await checkpoints.stop()

    run(main())


def test_a_pending_commit_is_cancelled_before_the_last_one() -> None:
    async def main() -> None:
        group, ledger = Group(), Ledger()
        ledger.assign(QUEUE, 10).take(10)
        checkpoints = made(group, ledger)
        group.hang = True
        checkpoints.start()
        await until(lambda: group.under_way, "one is under way")
        group.hang = False
        assert await checkpoints.final(1.0)
        assert group.most_under_way == 1
        assert len(group.commits) == 1
        await asyncio.sleep(0.05)  # ten ticks, of which nothing tells
        assert len(group.commits) == 1, "none follows the last one"
        checkpoints.check()
        checkpoints.resume()
        await until(lambda: len(group.commits) >= 2, "they go on with the next assignment")
        await checkpoints.stop()

    run(main())


@pytest.mark.parametrize("trouble", [CommitRefused("moved on"), ConnectionError("away")])
def test_a_last_checkpoint_that_fails_is_said(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        group, ledger = Group(), Ledger()
        ledger.assign(QUEUE, 10).take(10)
        group.trouble = trouble
        assert not await made(group, ledger).final(1.0)

    run(main())
    assert "the last checkpoint was not written" in caplog.text


def test_a_commit_that_never_answers_is_given_up_and_tried_again() -> None:
    async def main() -> None:
        group, ledger = Group(), Ledger()
        ledger.assign(QUEUE, 10).take(10)
        group.hang = True
        checkpoints = made(group, ledger)
        checkpoints.start()
        await until(lambda: group.under_way, "one is under way")
        group.hang = False
        await until(lambda: group.commits, "another is written")
        await checkpoints.stop()

    run(main())


def test_an_answer_read_late_does_not_open_the_gate() -> None:
    """Frozen between the group's answer and its reading, we may have lost the partition since."""

    async def main() -> None:
        group, ledger = Group(), Ledger()
        ledger.assign(QUEUE, 10).take(10)
        checkpointer = made(group, ledger)
        keep = group.commit

        async def frozen(commits: Mapping[Partition, Commit], timeout_s: float) -> None:
            await keep(commits, timeout_s)
            time.sleep(0.4)  # noqa: ASYNC251 - the process stands still

        group.commit = frozen  # type: ignore[method-assign]
        assert await checkpointer.final(5)
        assert checkpointer.overdue()

    run(main(), 10)
