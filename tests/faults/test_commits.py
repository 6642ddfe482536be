"""Which mails a group's commits leave to be sent: that decides what may come twice."""

from __future__ import annotations

import pytest

from app.domain.record import Partition
from app.intake.checkpoint import encode
from tests.faults.commits import Commits, Place
from tests.support.kafka_tools import Committed

QUEUE = Partition("queue", 0)
TIER = Partition("queue-retry-2s", 0)


def commits(offset: int, position: int, *unsettled: int) -> Commits:
    return Commits({QUEUE: Committed(offset, encode(offset, position, unsettled))})


@pytest.mark.parametrize("offset", [7, 3], ids=["submitted", "settled"])
def test_settled_is_what_lies_below_the_position_and_is_not_listed(offset: int) -> None:
    found = commits(offset, 7, 3, 5)
    settled = [one for one in range(10) if found.settle(QUEUE, one)]
    assert [0, 1, 2, 4, 6] == settled


@pytest.mark.parametrize("metadata", ["", "another tool's"])
def test_without_metadata_of_ours_all_from_the_committed_offset_on_is_unsettled(
    metadata: str,
) -> None:
    found = Commits({QUEUE: Committed(3, metadata)})
    assert [0, 1, 2] == [one for one in range(5) if found.settle(QUEUE, one)]


def test_without_a_commit_nothing_is_settled() -> None:
    assert not Commits({}).settle(QUEUE, 0)


def test_metadata_of_another_offset_settles_no_more_than_the_offset() -> None:
    found = Commits({QUEUE: Committed(2, encode(7, 7, ()))})
    assert not found.settle(QUEUE, 2)


def test_a_mail_is_unsettled_that_is_settled_in_the_queue_and_waits_in_a_tier() -> None:
    places = [Place("a", QUEUE, 0), Place("b", QUEUE, 1), Place("b", TIER, 0)]
    assert {"b"} == commits(2, 2).unsettled(places)
