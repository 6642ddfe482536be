"""Retries that are too large for their topic."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from app.outcomes import decide_unparked
from app.telemetry import Throttle

if TYPE_CHECKING:
    from app.domain.clock import WallClock
    from app.domain.record import Outgoing
    from app.outcomes import Decision, Routes
    from app.telemetry import MailLog

log = logging.getLogger(__name__)


class Unparked:
    """Decides about each, and logs it as the dead letter that it becomes.

    `routes` may be replaced while running.
    """

    def __init__(self, routes: Routes, mail_log: MailLog, *, clock: WallClock) -> None:
        self.routes = routes
        self._mail_log = mail_log
        self._clock = clock
        self._throttle = Throttle(time.monotonic)

    def __call__(self, decision: Decision, letter: Outgoing) -> Decision:
        """What is to be written in place of a decision's `letter`."""
        if self._throttle.due():
            log.error(
                "topic %s refuses what is larger than its max.message.bytes; messages that cannot "
                "wait there become dead letters. Raise it to the queue's and 64 KiB more",
                letter.topic,
            )
        instead = decide_unparked(decision, letter, self.routes, now_ms=self._clock())
        self._mail_log.write(instead)
        return instead
