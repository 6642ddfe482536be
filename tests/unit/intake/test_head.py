"""Nobody waits behind a head for longer than the tier's delay, whatever the wall clock does."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.claim import Claim
from app.intake.head import Head

DELAY_MS = 30_000
START_MS = 1_763_800_000_000
LOOK_MS = 500
HOUR_MS = 3_600_000
YEAR_9999_MS = 253_402_300_799_999


class Tier:
    """One partition: true time runs by itself, the wall clock is wrong by `error_ms`."""

    def __init__(self, appended_ms: list[int]) -> None:
        self.appended_ms = appended_ms
        self.true_ms = START_MS
        self.error_ms = 0
        self.head = Head(epoch=1)

    def wait_s(self, offset: int, due_ms: int | None = None) -> float:
        appended_ms = self.appended_ms[offset]
        return self.head.wait_s(
            Claim("email-queue-retry-30s", 0, offset, 1),
            appended_ms=appended_ms,
            due_ms=appended_ms + DELAY_MS if due_ms is None else due_ms,
            delay_ms=DELAY_MS,
            now_ms=self.true_ms + self.error_ms,
            now_s=self.true_ms / 1000,
        )

    def held_ms(self, offset: int, due_ms: int | None = None) -> int:
        """How long the record stays the head, looked at as the reader does."""
        begun = self.true_ms
        while wait_s := self.wait_s(offset, due_ms):
            self.true_ms += min(LOOK_MS, max(1, round(wait_s * 1000)))
        return self.true_ms - begun


appended = st.lists(st.integers(0, 2 * DELAY_MS), min_size=1, max_size=12).map(
    lambda gaps: [START_MS - sum(gaps[at:]) for at in range(len(gaps))]
)


@given(appended)
def test_each_is_taken_when_it_is_due_while_the_clock_is_right(appended_ms: list[int]) -> None:
    tier = Tier(appended_ms)
    for offset, at_ms in enumerate(appended_ms):
        tier.held_ms(offset)
        assert tier.true_ms == max(START_MS, at_ms + DELAY_MS)


@given(appended, st.integers(DELAY_MS * 3, 24 * HOUR_MS))
def test_none_is_late_when_the_clock_is_put_back_while_the_head_waits(
    appended_ms: list[int], back_ms: int
) -> None:
    appended_ms[-1] = START_MS
    tier = Tier(appended_ms)
    for offset, at_ms in enumerate(appended_ms):
        if tier.wait_s(offset):
            tier.error_ms = -back_ms
        tier.held_ms(offset)
        assert tier.true_ms == max(START_MS, at_ms + DELAY_MS)


@given(appended, st.integers(1, 24 * HOUR_MS))
def test_a_clock_that_was_put_back_before_costs_one_delay_for_all_and_their_distances(
    appended_ms: list[int], back_ms: int
) -> None:
    tier = Tier(appended_ms)
    tier.error_ms = -back_ms
    spread_ms = appended_ms[-1] - appended_ms[0]
    for offset in range(len(appended_ms)):
        tier.held_ms(offset)
    # What the clock lacks is waited for once where it is less than the delay.
    assert tier.true_ms <= START_MS + DELAY_MS + spread_ms + min(back_ms, DELAY_MS)


@given(
    st.lists(st.integers(-24 * HOUR_MS, 24 * HOUR_MS), min_size=1, max_size=8),
    st.lists(st.integers(-24 * HOUR_MS, 24 * HOUR_MS), max_size=8),
)
def test_no_head_is_held_longer_than_the_delay_however_the_clock_jumps(
    appended_ms: list[int], errors_ms: list[int]
) -> None:
    tier = Tier([START_MS + each for each in appended_ms])
    for offset in range(len(appended_ms)):
        begun_ms = tier.true_ms
        jumps = iter(errors_ms)
        while wait_s := tier.wait_s(offset):
            tier.true_ms += min(LOOK_MS * 10, max(1, round(wait_s * 1000)))
            tier.error_ms = next(jumps, tier.error_ms)
        assert tier.true_ms - begun_ms <= DELAY_MS


def test_a_clock_that_is_put_forward_ends_the_wait() -> None:
    tier = Tier([START_MS])
    assert tier.wait_s(0) == DELAY_MS / 1000
    tier.error_ms = HOUR_MS
    assert not tier.wait_s(0)


def test_a_clock_that_is_put_forward_a_little_ends_the_wait_so_much_sooner() -> None:
    tier = Tier([START_MS])
    tier.wait_s(0)
    tier.error_ms = 10_000
    assert tier.wait_s(0) == 20.0


def test_what_is_due_before_the_delay_is_over_waits_to_the_millisecond() -> None:
    tier = Tier([START_MS + HOUR_MS])
    assert tier.wait_s(0, START_MS + 1) == pytest.approx(0.001, rel=0.01)


def test_a_head_whose_own_time_is_far_away_is_held_for_the_delay_alone() -> None:
    """As by a header that somebody wrote by hand."""
    tier = Tier([START_MS])
    assert tier.held_ms(0, YEAR_9999_MS) == DELAY_MS


def test_a_time_of_its_own_says_nothing_of_the_clock_once_that_has_come_to_it() -> None:
    tier = Tier([START_MS, START_MS + 5_000])
    tier.error_ms = -DELAY_MS
    assert tier.held_ms(0, YEAR_9999_MS) == DELAY_MS
    assert tier.held_ms(1) == DELAY_MS


def test_those_appended_by_a_clock_ahead_of_ours_keep_their_distances() -> None:
    gaps = [0, 1_000, 5_000, 5_000, 29_000]
    tier = Tier([START_MS + HOUR_MS + gap for gap in gaps])
    taken = []
    for offset in range(len(gaps)):
        tier.held_ms(offset)
        taken.append(tier.true_ms)
    assert taken[0] == START_MS + DELAY_MS
    assert [b - a for a, b in pairwise(taken)] == [b - a for a, b in pairwise(gaps)]


def test_a_clock_that_is_put_back_again_costs_one_more_delay_and_no_distance() -> None:
    tier = Tier([START_MS + HOUR_MS + gap for gap in (0, 1_000, 2_000, 5_000)])
    tier.held_ms(0)
    tier.error_ms = -HOUR_MS // 6
    assert tier.held_ms(1) == DELAY_MS
    assert [tier.held_ms(2), tier.held_ms(3)] == [1_000, 3_000]


def test_once_times_are_ours_again_each_waits_for_its_own() -> None:
    tier = Tier([START_MS + HOUR_MS, START_MS + DELAY_MS, START_MS + DELAY_MS + 10_000])
    tier.held_ms(0)
    assert tier.true_ms == START_MS + DELAY_MS
    assert tier.held_ms(1) == DELAY_MS
    assert tier.held_ms(2) == 10_000
