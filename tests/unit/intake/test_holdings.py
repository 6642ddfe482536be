"""What of an assignment still counts, after whatever happened while Kafka was waited for."""

from __future__ import annotations

import pytest

from app.domain.claim import Claim
from app.domain.record import Partition
from app.intake.holdings import Holdings, Moved, moved
from app.intake.ledger import Ledger
from app.intake.resume import Plan

ONE, TWO = Partition("email-queue", 0), Partition("email-queue", 1)
FOUND = Plan(7, (3, 5))


def begun() -> tuple[Ledger, Holdings]:
    ledger = Ledger()
    holdings = Holdings(ledger)
    assert not holdings.draining
    holdings.assigned([TWO, ONE])
    assert holdings.begin(holdings.states[ONE], FOUND)
    return ledger, holdings


def test_a_partition_begins_once_and_where_its_checkpoint_says() -> None:
    ledger, holdings = begun()
    state = holdings.states[ONE]
    assert state.ledger is not None
    assert state.ledger is ledger.get(ONE)
    assert (7, (3, 5)) == (state.ledger.position, state.ledger.unsettled)
    assert [3, 5] == list(state.replay)
    assert not holdings.begin(state, Plan(9))
    assert ([ONE], [state.ledger]) == (list(holdings.owned()), holdings.ledgers())


def test_partitions_stand_in_their_order_whatever_that_of_the_assignment() -> None:
    _, holdings = begun()
    assert [ONE, TWO] == list(holdings.states)


def test_what_was_taken_away_meanwhile_neither_holds_nor_begins() -> None:
    ledger, holdings = begun()
    one, two = holdings.states.values()
    holdings.assigned([ONE, TWO])
    assert ledger.get(ONE) is None, "its epoch has ended"
    assert not holdings.holds(one)
    assert not holdings.begin(two, FOUND)
    assert holdings.begin(holdings.states[TWO], FOUND)


def test_while_it_drains_nothing_is_held_and_a_new_assignment_ends_that() -> None:
    _, holdings = begun()
    holdings.draining = True
    assert not holdings.holds(holdings.states[ONE])
    assert not holdings.begin(holdings.states[TWO], FOUND)
    holdings.assigned([ONE])
    assert holdings.holds(holdings.states[ONE])


def test_one_whose_checkpoint_has_to_be_read_again_begins_anew() -> None:
    ledger, holdings = begun()
    before = holdings.states[ONE]
    assert before.ledger is not None
    holdings.begin_anew(before)
    assert not ledger.is_current(Claim(*ONE, 3, before.ledger.epoch))
    assert not holdings.holds(before)
    assert ([], []) == (list(holdings.owned()), holdings.ledgers())
    assert holdings.begin(holdings.states[ONE], Plan(3))


def test_with_everything_dropped_nothing_is_left() -> None:
    ledger, holdings = begun()
    holdings.drop_all()
    assert (None, {}) == (ledger.get(ONE), holdings.states)


@pytest.mark.parametrize(
    ("first", "end", "where"),
    [(4, 9, Moved.BEFORE), (3, 9, Moved.WITHIN), (0, 3, Moved.WITHIN), (0, 2, Moved.BEYOND)],
)
def test_where_the_lowest_offset_still_wanted_lies_in_the_log(
    first: int, end: int, where: Moved
) -> None:
    _, holdings = begun()
    assert where is moved(holdings.states[ONE], first, end)
