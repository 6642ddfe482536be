"""When a member has to doubt that it is one, and starts nothing."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest

from app.intake.ledger import Ledger
from app.kafka import Commit, CommitRefused, GroupTimes
from tests.support.waiting import run, until
from tests.unit.intake.group import QUEUE, Group, Vitals, made, quicken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.record import Partition


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)


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
