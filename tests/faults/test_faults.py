"""The promise under faults, each kind once and small; `make chaos` goes on for as long as asked."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.scenarios import SCENARIOS, carry_out
from tests.faults.world import Setting, Size

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker

SEED = 7
RUNS = {
    "kill": Size(mails=4_000, strikes=2),
    "terminate": Size(mails=4_000, strikes=2),
    "freeze": Size(mails=5_000, strikes=1, members=2, workers=3),
    "rebalance": Size(mails=6_000, strikes=3, members=2, workers=4),
    "relay-away": Size(mails=4_000, strikes=1, hold_s=3),
    "relay-drops": Size(mails=3_000, strikes=1, hold_s=3),
    "relay-cuts": Size(mails=3_000, strikes=1, hold_s=3),
    "relay-refuses": Size(mails=3_000, strikes=1, hold_s=3),
    "results-refused": Size(mails=4_000, strikes=1, hold_s=3),
}

ORDERLY = frozenset({"terminate", "rebalance", "results-refused"})


def tell(line: str) -> None:
    """Shown when a test fails: what `make chaos` needs to do the same again."""
    sys.stdout.write(f"{line}\n")


@pytest.fixture
def apache(kafka: Broker) -> Broker:
    if not kafka.is_apache:
        pytest.skip("FAULTS NOT TESTED: the embedded broker proves nothing about them")
    return kafka


@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", RUNS)
def test_nothing_is_lost_and_each_duplicate_has_a_cause(
    name: str, tmp_path: Path, apache: Broker
) -> None:
    setting = Setting(tmp_path, apache.brokers, say=tell)
    tell(f"{name} --seed {SEED}: {RUNS[name]}")
    report = carry_out(SCENARIOS[name], setting, RUNS[name], SEED)
    assert [] == report.faults()
    if name in ORDERLY:
        assert 0 == report.duplicates
