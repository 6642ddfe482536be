"""Suppressions as the service's part: what is known, who asks, who keeps it up to date."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.domain.clock import epoch_ms
from app.state.follower import Follower
from app.state.screening import SuppressionScreen
from app.telemetry.metrics import Reading, mail

if TYPE_CHECKING:
    from app.domain.screen import Screen
    from app.domain.vitals import Vitals
    from app.kafka import KafkaConfig
    from app.outcomes.decision import Suppressing
    from app.state.suppressed import Suppressed
    from app.telemetry import Metrics


class Suppressions:
    """`how` None: there are none, and nothing is done. `refused` counts entries not written."""

    def __init__(self, how: Suppressing | None, known: Suppressed, metrics: Metrics) -> None:
        self._how = how
        self._known = known
        self._follower: Follower | None = None
        self.tasks: list[asyncio.Task[None]] = []
        self.screens: list[Screen] = []
        self.refused = metrics.counter(mail.SUPPRESSIONS_REFUSED).of().add
        if how is not None:
            self.screens.append(SuppressionScreen(known, ttl_s=how.ttl_s, clock=epoch_ms))
        metrics.source(lambda: [Reading(mail.SUPPRESSIONS, (), len(known))])

    def follow(self, config: KafkaConfig, vitals: Vitals) -> None:
        """Begin to read them, while other things start."""
        if self._how is not None:
            self._follower = Follower(config, self._how.topic, self._known, vitals)
            self.tasks.append(asyncio.create_task(self._follower.run(), name="suppressions"))

    async def whole(self) -> None:
        """Return once all are known; before that nothing may be sent."""
        if self._follower is not None:
            await self._follower.whole()

    async def end(self) -> None:
        """Follow no longer."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
