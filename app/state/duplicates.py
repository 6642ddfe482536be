"""The screen against duplicates: one id goes to one recipient once."""

from __future__ import annotations

import secrets
from itertools import count
from typing import TYPE_CHECKING

from app.domain.job import Hop
from app.domain.outcome import ErrorKind, Verdict
from app.state.deliveries import Hold, id_digest, recipient_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.claim import Claim
    from app.domain.clock import WallClock
    from app.domain.job import MailJob
    from app.state.deliveries import Deliveries


class Duplicates:
    """`app.domain.screen.Screen` over deliveries; concerns only ids that a producer gave.

    An id is in flight while a worker attempts it, and a message of another origin then waits for
    `wait_s`. Between attempts - parked for the relay's sake, or in a tier - it is free: whichever
    origin is delivered first wins, and the other's next attempt finds it and ends as a duplicate.
    So nobody waits for hours behind a message that fails, and a mail still goes once.
    """

    def __init__(self, deliveries: Deliveries, *, wait_s: float, clock: WallClock) -> None:
        self._deliveries = deliveries
        self._wait_ms = round(wait_s * 1000)
        self._clock = clock
        self._holds: dict[Claim, Hold] = {}
        self._instance = secrets.token_hex(6)
        self._attempts = count()

    async def withhold(self, job: MailJob) -> Mapping[str, Verdict] | Hop:
        """Those delivered under this id for another origin; a `Hop` while another is in flight."""
        if not job.message.id_given:
            return {}
        hold = Hold(
            id_digest(job.message.id),
            str(job.trail.origin),
            f"{self._instance}-{next(self._attempts)}",
        )
        # Before it is asked for: cut meanwhile, the store may have granted it all the same.
        self._holds[job.claim] = hold
        addresses = [recipient.spec for recipient in job.recipients]
        found = await self._deliveries.begin(
            hold, [recipient_digest(job.message.id, each) for each in addresses]
        )
        if found is None:
            del self._holds[job.claim]
            due_ms = self._clock() + self._wait_ms
            return Hop(job.claim, job.record, job.trail, job.message, due_ms)
        return {
            address: Verdict(
                address,
                ErrorKind.DUPLICATE,
                permanent=True,
                detail=f"delivered already, under the same id, from {origin}",
            )
            for address, origin in zip(addresses, found, strict=True)
            if origin is not None
        }

    async def judged(self, job: MailJob, verdicts: Sequence[Verdict]) -> None:
        """Enter each recipient for whom the relay took the mail."""
        taken = [each.address for each in verdicts if each.delivered]
        if taken and (hold := self._holds.pop(job.claim, None)):
            await self._deliveries.delivered(
                hold, [recipient_digest(job.message.id, each) for each in taken]
            )

    def over(self, job: MailJob) -> None:
        """The attempt has ended, however it did; never waits."""
        if hold := self._holds.pop(job.claim, None):
            self._deliveries.let_go(hold)
