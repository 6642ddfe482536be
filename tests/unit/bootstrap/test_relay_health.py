"""When a relay is well enough for health, and what is said where it is not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from app.bootstrap.vital_signs import relay_health
from app.relay import RelayStatus
from app.relay.state import RelayState

if TYPE_CHECKING:
    from app.ops.health import RelayHealth

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def seen(status: RelayStatus, **state: Any) -> RelayHealth:
    return relay_health(RelayState(name="main", status=status, since=NOW, **state), NOW)


@pytest.mark.parametrize(("rest_s", "usable"), [(0.5, True), (20, True), (3_600, False)])
def test_a_relay_that_rests_for_long_is_left_alone(rest_s: float, *, usable: bool) -> None:
    found = seen(RelayStatus.RESTING, resting_until=NOW + timedelta(seconds=rest_s))
    assert found.usable is usable


def test_a_long_rest_says_until_when() -> None:
    found = seen(RelayStatus.RESTING, resting_until=NOW + timedelta(hours=1))
    assert found.trouble == "it asked to be left alone until 13:00:00 UTC"


@pytest.mark.parametrize(
    ("status", "usable", "trouble"),
    [
        (RelayStatus.CLOSED, True, "connect: refused"),
        (RelayStatus.OPEN, False, "connect: refused"),
        (RelayStatus.HALF_OPEN, False, "connect: refused"),
        (RelayStatus.PAUSED, False, "an operator has paused it"),
    ],
)
def test_a_relay_that_may_not_be_asked_says_why(
    status: RelayStatus, trouble: str, *, usable: bool
) -> None:
    found = seen(status, last_error="connect: refused", resting_until=NOW + timedelta(hours=1))
    assert (found.usable, found.trouble) == (usable, trouble)
