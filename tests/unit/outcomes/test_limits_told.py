"""What a relay that tells of a limit is taken to mean."""

from __future__ import annotations

import pytest

from app.domain.smtp import Phase, Reply
from app.outcomes import too_many_connections
from tests.unit.outcomes.builders import judged

P = Phase


@pytest.mark.parametrize(
    "reply",
    [
        "454 Throttling failure: Daily message quota exceeded",
        "550 5.4.5 Daily user sending limit exceeded",
    ],
)
def test_a_used_up_daily_quota_rests_the_relay_for_an_hour(reply: str) -> None:
    assert judged(P.FINAL, reply).delay_s == 3600


@pytest.mark.parametrize(
    ("reply", "delay"),
    [
        ("421 4.7.0 Too busy, try again in 300 seconds", 300),
        ("451 4.7.1 Greylisted, retry in 5 minutes", 300),
        ("451 4.7.1 Greylisted", None),
        ("550 5.1.1 Unknown, try again in 300 seconds", None),
    ],
)
def test_the_delay_that_a_relay_states_is_kept_where_it_helps(
    reply: str, delay: float | None
) -> None:
    assert delay == judged(P.RCPT, reply).delay_s


@pytest.mark.parametrize(
    "text",
    [
        "Too many concurrent SMTP connections",
        "Error: too many connections from 192.0.2.1",
        "The maximum number of concurrent connections has exceeded a limit",
        "Concurrent connections limit exceeded",
        "Too many simultaneous connections",
        "too many sessions",
    ],
)
def test_a_limit_on_connections_is_recognised(text: str) -> None:
    assert too_many_connections(Reply(421, "4.7.0", text))


@pytest.mark.parametrize("text", ["Too many messages", "Connection closed", "Try again later"])
def test_other_limits_are_not_taken_for_one_on_connections(text: str) -> None:
    assert not too_many_connections(Reply(421, "4.7.0", text))
