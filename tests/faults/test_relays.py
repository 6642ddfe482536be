"""Relays that limit themselves, are killed or all away: mail flows as it can, none is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.limiting import domain_limited, limited
from tests.faults.losing import all_away, taken_over

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker

pytestmark = pytest.mark.alone


@pytest.mark.timeout(120)
def test_one_of_two_relays_is_killed_under_load_the_other_takes_over_and_the_first_comes_back(
    tmp_path: Path, kafka: Broker
) -> None:
    found = taken_over(tmp_path, kafka.brokers, mails=1500, reset="500ms")
    assert found.pause_s <= 1.0
    assert 0.3 < found.first_share < 0.7
    assert not found.harmed
    # Those that were handed over whole, and had no reply yet, are tried again later.
    assert found.toll.retries <= 10


@pytest.mark.timeout(120)
def test_a_relay_that_limits_itself_is_given_what_it_takes(tmp_path: Path, kafka: Broker) -> None:
    """While it still learns; tests.faults.relays measures what is promised of the time after."""
    flow, toll = limited(tmp_path, kafka.brokers, rate=50.0, burst=10.0, seconds=(4.0, 8.0))
    assert 25 <= flow.rate <= 60
    assert flow.refused_ever < 0.2
    assert not toll.harmed
    assert toll.most_attempts <= 2


@pytest.mark.timeout(120)
def test_one_domains_rate_holds_up_no_other(tmp_path: Path, kafka: Broker) -> None:
    found = domain_limited(tmp_path, kafka.brokers, mails=2000, slow=30, rate=5.0)
    assert found.limited <= 6.0
    # Runs of a second on a machine that does other things.
    assert found.others >= 0.3 * found.others_alone
    assert not found.toll.harmed
    assert found.toll.retries == 0


@pytest.mark.timeout(120)
def test_nothing_is_dead_after_all_relays_were_away(tmp_path: Path, kafka: Broker) -> None:
    toll = all_away(tmp_path, kafka.brokers, mails=300, seconds=5.0)
    assert not toll.harmed
    assert toll.most_attempts == 1, "no attempt is counted while nobody could be asked"
