"""Many failed messages wait in the tiers: each is sent when it is due, none waits in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.parking import lateness

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker

pytestmark = pytest.mark.alone

# A second is the promise; a busy machine may add as much again.
LATE_S = 2.0
GROWTH_MB = 10.0


@pytest.mark.timeout(180)
def test_each_of_a_thousand_parked_messages_is_sent_when_it_is_due(
    tmp_path: Path, kafka: Broker
) -> None:
    found = lateness(
        tmp_path, kafka.brokers, mails=1000, delays=("7s", "8s", "9s"), per_second=200.0
    )
    assert found.least >= 0
    assert found.most <= LATE_S
    assert found.growth_mb < GROWTH_MB
