from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outcomes import Schedule

delays = st.lists(st.integers(1, 100_000), min_size=1, max_size=8).map(tuple)


def test_there_is_one_topic_for_each_distinct_delay_named_after_it() -> None:
    schedule = Schedule("mail", (30, 300, 30, 7200))

    assert ("mail-retry-30s", "mail-retry-5m", "mail-retry-2h") == schedule.topics


def test_the_default_outlives_a_day() -> None:
    schedule = Schedule("email-queue")

    assert schedule.topics == tuple(
        f"email-queue-retry-{delay}" for delay in ("30s", "5m", "30m", "2h", "6h", "16h")
    )
    assert sum(schedule.delays) > 24 * 3600


def test_retries_beyond_the_list_repeat_its_last_delay() -> None:
    schedule = Schedule("mail", (30, 300))

    assert [30, 300, 300, 300] == [schedule.delay(retry) for retry in (1, 2, 3, 99)]


@pytest.mark.parametrize(("asked", "allowed"), [(None, 2), (0, 0), (1, 1), (7, 7)])
def test_an_absent_max_retries_means_the_length_of_the_list(
    asked: int | None, allowed: int
) -> None:
    assert allowed == Schedule("mail", (30, 300)).retries(asked)


@pytest.mark.parametrize(
    ("wait", "tier"),
    [(-5, 30), (0, 30), (29.9, 30), (30, 30), (299, 30), (300, 300), (10**9, 7200)],
)
def test_a_wait_takes_the_largest_tier_not_above_it_or_the_smallest(
    wait: float, tier: float
) -> None:
    assert tier == Schedule("mail", (7200, 30, 300)).tier_for(wait)


@pytest.mark.parametrize(
    ("topic", "delay"),
    [
        ("mail-retry-30s", 30),
        ("mail-retry-45m", 2700),
        ("mail-retry-60s", 60),
        ("mail-retry-1d", 86400),
        ("mail-retry-", None),
        ("mail-retry-soon", None),
        ("mail-retry-5m-state", None),
        ("mail", None),
        ("email-retry-5m", None),
        ("male-retry-5m", None),
        ("mail-2-retry-5m", None),
    ],
)
def test_every_topic_of_the_queue_that_ends_in_a_duration_is_a_tier(
    topic: str, delay: float | None
) -> None:
    schedule = Schedule("mail", (30, 300))

    assert delay == schedule.tier_delay(topic)
    assert (delay is not None) == schedule.is_tier(topic)


@pytest.mark.parametrize(
    ("queue", "given_delays", "jitter", "named"),
    [
        ("", (30,), 0.1, "queue"),
        ("mail", (), 0.1, "delays"),
        ("mail", (0,), 0.1, "not a positive number of milliseconds: 0"),
        ("mail", (30, -1), 0.1, "not a positive number of milliseconds: -1"),
        ("mail", (30,), 1, "jitter"),
        ("mail", (30,), -0.1, "jitter"),
    ],
)
def test_an_impossible_schedule_is_refused(
    queue: str, given_delays: tuple[float, ...], jitter: float, named: str
) -> None:
    with pytest.raises(ValueError, match=f"^{named}"):
        Schedule(queue, given_delays, jitter)


@given(delays, st.floats(0, 0.99), st.integers(), st.integers(1, 20))
def test_jitter_only_shortens(
    given_delays: tuple[int, ...], jitter: float, seed: int, retry: int
) -> None:
    schedule = Schedule("mail", given_delays, jitter)
    delay = schedule.delay(retry)

    shortened = schedule.shortened(delay, Random(seed))

    assert delay * (1 - jitter) <= shortened <= delay


@given(delays, st.floats(0, 10**7))
def test_no_wait_is_put_where_it_would_be_held_too_long(
    given_delays: tuple[int, ...], wait: float
) -> None:
    schedule = Schedule("mail", given_delays)

    tier = schedule.tier_for(wait)

    assert tier in schedule.tiers
    assert tier <= wait or tier == min(schedule.tiers)
    assert not any(tier < other <= wait for other in schedule.tiers)


@given(delays)
def test_every_own_topic_is_recognised(given_delays: tuple[int, ...]) -> None:
    schedule = Schedule("mail", given_delays)

    assert schedule.tiers == tuple(map(schedule.tier_delay, schedule.topics))
