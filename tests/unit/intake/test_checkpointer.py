"""When checkpoints are written, and what a broker that drops their metadata leads to.

A consumer of ours stands in for Kafka where the condition is one that no broker at hand makes.
"""

from __future__ import annotations

import asyncio

import pytest

from app.intake import checkpointer as module
from app.intake.checkpoint import decode
from app.intake.ledger import Ledger
from app.kafka import CommitRefused
from tests.support.waiting import run, until
from tests.unit.intake.group import QUEUE, Group, claim, made, quicken


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quicken(monkeypatch)


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
