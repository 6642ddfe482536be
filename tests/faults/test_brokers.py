"""A broker of three is killed under load; nothing is lost and sending hardly stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.scenarios import SCENARIOS, carry_out
from tests.faults.world import Setting, Size
from tests.support.backends import NotAvailable
from tests.support.backends.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.alone

# Longer than Kafka takes to miss a broker (9 s) and to put others in its place.
HOLD_S = 13.0


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path / "cluster")
    try:
        cluster.start()
        yield cluster
    except NotAvailable as why:
        pytest.skip(f"no brokers of its own: {why}")
    finally:
        cluster.kill()


@pytest.mark.timeout(240)
def test_a_killed_broker_costs_no_mail_and_a_short_pause(tmp_path: Path, cluster: Cluster) -> None:
    setting = Setting(tmp_path, cluster.brokers, cluster, cluster=cluster)
    size = Size(mails=2500, strikes=1, workers=4, partitions=6, hold_s=HOLD_S)
    report = carry_out(SCENARIOS["broker-killed"], setting, size, seed=3)
    assert not report.faults()
    assert not report.duplicates
