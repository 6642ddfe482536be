"""Looking at a commit from outside."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.record import Partition
from app.intake import checkpoint
from app.intake.inspection import Inspected, Writer, inspect, runs
from app.intake.ledger import CommitPolicy
from app.kafka import Committed

HERE = Partition("queue", 3)


def written(committed: int, position: int, *unsettled: int) -> Committed:
    return Committed(committed, checkpoint.encode(committed, position, unsettled))


def test_ours_under_both_policies() -> None:
    by_position = inspect(HERE, written(70, 70, 50, 60), 55, 90)
    assert (Writer.OURS, 70, 70, (50, 60)) == (
        by_position.writer,
        by_position.committed,
        by_position.position,
        by_position.unsettled,
    )
    assert (CommitPolicy.SUBMITTED, 20, 1) == (
        by_position.policy,
        by_position.lag,
        by_position.gone,
    )
    by_settled = inspect(HERE, written(50, 70, 50, 60), 0, 90)
    assert (CommitPolicy.SETTLED, 20, 0) == (by_settled.policy, by_settled.lag, by_settled.gone)


def test_with_nothing_unsettled_nobody_can_tell_the_policy() -> None:
    assert inspect(HERE, written(70, 70), 0, 90).policy is None


def test_nothing_committed() -> None:
    assert inspect(HERE, Committed(-1, ""), 10, 90) == Inspected(HERE, Writer.NONE, 10, 90)


def test_a_reset_is_foreign_and_its_lag_counts_from_there() -> None:
    found = inspect(HERE, Committed(60, checkpoint.encode(70, 70, (50,))), 0, 90)
    assert (Writer.FOREIGN, 60, (), 30) == (
        found.writer,
        found.position,
        found.unsettled,
        found.lag,
    )


@pytest.mark.parametrize(
    ("metadata", "said"),
    [(checkpoint.encode(70, 70, ())[:-1], "damaged"), ("kmcp7abc", "version '7'")],
)
def test_unreadable_is_shown_with_the_reason(metadata: str, said: str) -> None:
    found = inspect(HERE, Committed(70, metadata), 0, 90)
    assert found.writer is Writer.UNREADABLE
    assert said in (found.trouble or "")


def test_a_lag_is_never_negative() -> None:
    assert inspect(HERE, written(70, 70), 0, 5).lag == 0


@given(st.sets(st.integers(0, 60)), st.integers(1, 5))
def test_runs_cover_exactly_and_are_as_few_as_the_gap_allows(offsets: set[int], gap: int) -> None:
    found = runs(sorted(offsets), gap)
    assert offsets == {one for low, high in found for one in range(low, high + 1) if one in offsets}
    for (_, high), (low, _) in itertools.pairwise(found):
        assert low - high > gap
    if gap == 1:
        assert sum(high - low + 1 for low, high in found) == len(offsets)
