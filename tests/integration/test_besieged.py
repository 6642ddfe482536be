"""Whoever opens connections to the ops port and asks nothing leaves sending untouched.

A small siege; `python -m bench.besieged` is one of ten thousand connections.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

import pytest

from tests.support.besieging import besieged

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker
    from tests.support.smtp_sink import SmtpSink

pytestmark = pytest.mark.alone

# Short turns on a machine that does other things; the goal of 0.9 is measured by the bench.
LEAST_RATIO = 0.75


@pytest.mark.timeout(120)
def test_idle_connections_and_requests_without_end_leave_sending_untouched(
    tmp_path: Path, kafka: Broker, smtp_sink: SmtpSink
) -> None:
    turns = besieged(
        tmp_path, kafka.brokers, smtp_sink.port, mails=25_000, idle=500, turns=3, seconds=2.0
    )
    assert median(turn.ratio for turn in turns) >= LEAST_RATIO, turns
