"""Where to go on: every state of commit and log."""

from __future__ import annotations

import pytest

from app.intake import checkpoint
from app.intake.checkpoint import UnreadableCheckpoint
from app.intake.resume import Plan, plan
from app.kafka import Committed


def written(position: int, *unsettled: int, committed: int | None = None) -> Committed:
    offset = position if committed is None else committed
    return Committed(offset, checkpoint.encode(offset, position, unsettled))


def test_a_partition_without_offset_starts_at_its_first_record() -> None:
    assert Plan(40) == plan(Committed(-1, ""), 40, 90)


def test_the_first_offset_of_all_may_be_committed() -> None:
    assert Plan(3, (1,)) == plan(written(3, 1, committed=0), 0, 90)


def test_position_and_unsettled_come_from_the_checkpoint_under_both_policies() -> None:
    assert Plan(70, (50, 60)) == plan(written(70, 50, 60), 0, 90)
    assert Plan(70, (50, 60)) == plan(written(70, 50, 60, committed=50), 0, 90)


def test_a_reset_by_another_tool_is_obeyed_and_said() -> None:
    reset = Committed(10, checkpoint.encode(70, 70, (50,)))
    found = plan(reset, 0, 90)
    assert (10, ()) == (found.position, found.unsettled)
    [note] = found.notes
    assert "offset 10 was set by another tool" in note
    assert note.endswith("; going on there, what was unsettled before is forgotten")


def test_a_damaged_checkpoint_is_an_error_unless_ignored() -> None:
    damaged = Committed(70, checkpoint.encode(70, 70, (50,))[:-1])
    with pytest.raises(UnreadableCheckpoint):
        plan(damaged, 0, 90)
    found = plan(damaged, 0, 90, ignore_unreadable=True)
    assert (70, ()) == (found.position, found.unsettled)
    [note] = found.notes
    assert note.endswith("; ignored as asked, going on at offset 70")


def test_unsettled_offsets_that_retention_took_are_named_and_the_rest_stays() -> None:
    found = plan(written(70, 10, 15, 20, 60), 25, 90)
    assert (70, (60,), 3, 3) == (found.position, found.unsettled, found.lost, found.gone)
    assert ("retention took 3 unsettled offsets, 10 to 20",) == found.notes


def test_unread_offsets_that_retention_took_are_said() -> None:
    found = plan(written(70), 80, 90)
    assert (80, (), 10, 0) == (found.position, found.unsettled, found.lost, found.gone)
    assert ("retention took the offsets 70 to 79 before they were read",) == found.notes


def test_unsettled_and_unread_offsets_that_retention_took_are_counted_together() -> None:
    found = plan(written(70, 60, 65), 80, 90)
    assert (80, (), 12, 2) == (found.position, found.unsettled, found.lost, found.gone)
    assert 2 == len(found.notes)


def test_what_begins_where_the_log_begins_is_whole() -> None:
    assert Plan(70, (60,)) == plan(written(70, 60), 60, 90)
    assert Plan(70) == plan(written(70), 70, 90)


def test_a_log_that_ends_before_the_position_was_created_anew() -> None:
    found = plan(written(70, 60), 0, 5)
    assert (0, ()) == (found.position, found.unsettled)
    assert found.truncated
    assert (1, 1) == (found.lost, found.gone)
    assert "re-created" in found.notes[0]


def test_the_end_of_the_log_is_a_valid_position() -> None:
    assert Plan(90) == plan(written(90), 0, 90)
