"""The ledger against a simple model: sets of offsets."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain.claim import Claim
from app.domain.record import Partition
from app.intake import checkpoint
from app.intake.ledger import CommitPolicy, Ledger

QUEUE = Partition("email-queue", 0)


def claim(offset: int, epoch: int) -> Claim:
    return Claim(QUEUE.topic, QUEUE.number, offset, epoch)


class LedgerModel(RuleBasedStateMachine):
    """Take, settle, give up, crash and resume, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.entry = self.ledger.assign(QUEUE, 0)
        self.position = 0
        self.unsettled: set[int] = set()
        self.in_hand: set[int] = set()
        self.written: dict[tuple[int, int], str] = {}

    @rule(gap=st.integers(0, 2000))
    def take_the_next(self, gap: int) -> None:
        offset = self.position + gap
        if self.entry.fits(offset):
            self.entry.take(offset)
            self.position = offset + 1
            self.unsettled.add(offset)
            self.in_hand.add(offset)

    @rule(more=st.integers(0, 50))
    def pass_over_a_gap(self, more: int) -> None:
        self.position += more
        self.entry.advance(self.position)

    @precondition(lambda self: self.unsettled)
    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.unsettled)))
        self.ledger.settle(claim(offset, self.entry.epoch))
        self.unsettled.discard(offset)
        self.in_hand.discard(offset)

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.in_hand)))
        self.ledger.give_up(claim(offset, self.entry.epoch))
        self.in_hand.discard(offset)

    @rule(offset=st.integers(0, 5000))
    def settle_under_a_stale_epoch(self, offset: int) -> None:
        self.ledger.settle(claim(offset, self.entry.epoch - 1))

    @rule(policy=st.sampled_from(CommitPolicy))
    def crash_and_resume(self, policy: CommitPolicy) -> None:
        committed = self.entry.committed_offset(policy)
        found = checkpoint.decode(self.entry.metadata(policy), committed)
        assert found is not None
        self.entry = self.ledger.assign(QUEUE, found.position, found.unsettled)
        self.in_hand.clear()

    @precondition(lambda self: self.unsettled - self.in_hand)
    @rule(data=st.data())
    def hand_out_again(self, data: st.DataObject) -> None:
        offset = data.draw(st.sampled_from(sorted(self.unsettled - self.in_hand)))
        self.entry.take(offset)
        self.in_hand.add(offset)

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert tuple(sorted(self.unsettled)) == self.entry.unsettled
        assert self.position == self.entry.position
        assert len(self.in_hand) == self.entry.in_hand
        assert len(self.unsettled) == self.entry.unsettled_count
        assert min(self.unsettled, default=None) == self.entry.lowest

    @invariant()
    def one_version_is_one_checkpoint(self) -> None:
        """Whoever has written this version has nothing to write."""
        metadata = self.entry.metadata(CommitPolicy.SETTLED)
        version = self.entry.epoch, self.entry.version
        assert metadata == self.written.setdefault(version, metadata)

    @invariant()
    def nothing_unsettled_lies_outside_the_checkpoint(self) -> None:
        settled_policy = self.entry.committed_offset(CommitPolicy.SETTLED)
        assert min(self.unsettled, default=self.position) == settled_policy
        assert self.position == self.entry.committed_offset(CommitPolicy.SUBMITTED)

    @invariant()
    def the_checkpoint_fits(self) -> None:
        for policy in CommitPolicy:
            assert len(self.entry.metadata(policy)) <= checkpoint.MAX_CHARACTERS


LedgerModel.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLedger = LedgerModel.TestCase


def test_a_record_is_held_back_when_the_checkpoint_is_full_until_something_settles() -> None:
    ledger = Ledger()
    entry = ledger.assign(QUEUE, 0)
    offset = 0
    while entry.fits(offset):
        entry.take(offset)
        offset += 1
    assert len(entry.metadata(CommitPolicy.SUBMITTED)) == checkpoint.MAX_CHARACTERS
    ledger.settle(claim(offset // 2, entry.epoch))
    assert entry.fits(offset) is (
        len(entry.metadata(CommitPolicy.SUBMITTED)) < checkpoint.MAX_CHARACTERS
    )
    ledger.settle(claim(0, entry.epoch))
    assert entry.fits(offset)


def test_what_changes_nothing_is_no_new_version() -> None:
    ledger = Ledger()
    entry = ledger.assign(QUEUE, 5, [2])
    version = entry.version
    entry.advance(5)
    entry.advance(4)
    ledger.settle(claim(3, entry.epoch))
    ledger.give_up(claim(2, entry.epoch))
    assert (version, 5, (2,)) == (entry.version, entry.position, entry.unsettled)


def test_a_partition_that_is_not_assigned_can_be_dropped() -> None:
    ledger = Ledger()
    ledger.drop(QUEUE)
    assert None is ledger.get(QUEUE)


def test_an_epoch_ends_when_the_partition_is_assigned_anew_or_dropped() -> None:
    ledger = Ledger()
    first = ledger.assign(QUEUE, 5)
    assert ledger.is_current(claim(4, first.epoch))
    second = ledger.assign(QUEUE, 5)
    assert not ledger.is_current(claim(4, first.epoch))
    ledger.drop(QUEUE)
    assert not ledger.is_current(claim(4, second.epoch))
