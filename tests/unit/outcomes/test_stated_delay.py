from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outcomes.stated_delay import LONGEST_S, stated_delay


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Try again in 300 seconds", 300),
        ("try again in 1 second", 1),
        ("please wait 5 minutes and retry", 300),
        ("wait for 90s", 90),
        ("retry after 60", 60),
        ("Retry-After: 120", 120),
        ("Greylisted for 300 seconds (see the help page)", 300),
        ("Sender address rejected: Greylisted for 45 sec.", 45),
        ("Greylisting in action, please come back in 00:04:59", 299),
        ("please come back after 1:00:00", 3600),
        ("Come Back In 00:01:01", 61),
        ("deferred, try again after 10 min", 600),
        ("Please try again later in 15 minutes", 900),
        ("rate limited for 30 secs", 30),
        ("resend in 2 mins", 120),
        ("try again in at least 45 seconds", 45),
        ("try again in about 2 hours", LONGEST_S),
        ("try again in 3 days", LONGEST_S),
        ("try again in 999999 hours", LONGEST_S),
    ],
)
def test_a_stated_wait_is_read(text: str, seconds: float) -> None:
    assert seconds == stated_delay(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Try again later",
        "Limit: 20 messages per 60 seconds",
        "mail from 192.0.2.1 deferred; 421 4.7.0",
        "try again in 0 seconds",
        "wait 2026-01-01 for the next window",
        "try again in 5.5.1",
        "waited 30 seconds for a reply",
    ],
)
def test_numbers_that_state_no_wait_are_left_alone(text: str) -> None:
    assert stated_delay(text) is None


@given(st.text(max_size=500))
def test_any_text_gives_a_sane_wait_or_none(text: str) -> None:
    delay = stated_delay(text)

    assert delay is None or 0 < delay <= LONGEST_S
