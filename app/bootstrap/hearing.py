"""Who hears what becomes of messages, for those who ask later."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from app.telemetry import LastOutcomes, MailMetrics, OutcomeTally, Recent
from app.telemetry.in_hand import current_trace_id

if TYPE_CHECKING:
    from app.telemetry import MailLog, Metrics


class Hearing:
    """Everyone that `mail_log` tells of each outcome."""

    def __init__(self, mail_log: MailLog, metrics: Metrics, dead_letters: str) -> None:
        self.tally = OutcomeTally(time.monotonic)
        self.recent = Recent(time.monotonic)
        self.last = LastOutcomes(time.monotonic)
        counts = MailMetrics(metrics, dead_letters, current_trace_id, last=self.last)
        mail_log.heard += [self.tally.add, self.recent.add, counts.hear]
