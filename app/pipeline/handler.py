"""What a worker does with a message: compose it, send it, judge the replies."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.job import Hop
from app.domain.outcome import Attempt, ErrorKind, Withheld
from app.domain.smtp import RelayUnavailable
from app.outcomes import Judge, relay_id
from app.pool import Postpone

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.composer import Composer
    from app.domain.claim import Settlements
    from app.domain.job import Handled, MailJob
    from app.domain.outcome import Verdict
    from app.domain.screen import Screen
    from app.pipeline.flights import Flight, Flights
    from app.pipeline.redirect import Redirect
    from app.relay import Relays

_NOBODY: Mapping[str, Verdict] = {}
REST_S = 0.5  # a relay's rest after it limited us without saying for how long


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Terms:
    """`judge` of replies; `redirect`, where mail does not go to its recipients."""

    judge: Judge = field(default_factory=Judge)
    redirect: Redirect | None = None


class Handler:
    """The pool's handler: asks the screens, composes, sends.

    Its value is an `Attempt`; `Withheld` where no recipient may get the message; `Hop` where it
    has to wait; None where the claim was stale and nothing was done. `on_end` is called whenever
    a worker is done with a job, also when it raised or was cut.
    """

    def __init__(
        self,
        composer: Composer,
        relays: Relays,
        settlements: Settlements,
        flights: Flights,
        *,
        screens: Sequence[Screen] = (),
        on_end: Callable[[MailJob], None] | None = None,
        terms: Terms | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._composer = composer
        self._relays = relays
        self._settlements = settlements
        self._flights = flights
        self._screens = tuple(screens)
        self._on_end = on_end
        self._terms = terms or Terms()
        self._now = now

    async def __call__(self, job: MailJob) -> Handled:
        """Send one message.

        Raises `Postpone` for the relay's trouble, `InvalidMessage` for the message's own, and
        whatever our own code fails with.
        """
        flight = self._flights.of(job.claim)
        flight.running = True
        try:
            return await self._handle(job, flight)
        finally:
            flight.running = False
            if self._on_end is not None:
                self._on_end(job)

    async def _handle(self, job: MailJob, flight: Flight) -> Handled:
        if not self._settlements.is_current(job.claim):
            return None
        recipients, withheld = job.recipients, _NOBODY
        if self._screens:
            screened = await self._screened(job)
            if isinstance(screened, Hop):
                return screened
            withheld = screened
            recipients = tuple(each for each in recipients if each.spec not in withheld)
            if not recipients:
                return Withheld(tuple(withheld.values()))
        message, receivers = job.message, recipients
        if self._terms.redirect is not None:
            message, receivers = self._terms.redirect.instead(message, recipients)
        composed = await self._composer.compose_aside(
            message, job.trail, receivers, now=self._now()
        )
        sender = composed.envelope.sender
        try:
            report = await self._relays.send(
                composed,
                type=job.message.type,
                sender_domain=sender.rpartition("@")[2] or None,
            )
        except RelayUnavailable as trouble:
            if _is_cut():
                raise
            raise Postpone(trouble.retry_in) from trouble
        accepted_lately = self._relays.accepted_lately(report.relay)
        verdicts = tuple(
            self._terms.judge(reply, relay=report.relay, accepted_lately=accepted_lately)
            for reply in report.replies
        )
        if self._terms.redirect is not None:
            verdicts = self._terms.redirect.shared(verdicts[0], recipients)
        self._tell_relay(report.relay, verdicts)
        for screen in self._screens:
            await screen.judged(job, verdicts)
        self._postpone_if_relays_trouble(flight, verdicts)
        return Attempt(
            relay=report.relay,
            message_id=composed.message_id,
            verdicts=(*verdicts, *withheld.values()),
            relay_id=_relay_id(verdicts),
            send_s=report.seconds,
        )

    async def _screened(self, job: MailJob) -> Mapping[str, Verdict] | Hop:
        """Of several verdicts on a recipient the first screen's stands."""
        withheld: dict[str, Verdict] = {}
        for screen in self._screens:
            found = await screen.withhold(job)
            if isinstance(found, Hop):
                return found
            withheld = {**found, **withheld}
        return withheld

    def _tell_relay(self, relay: str, verdicts: tuple[Verdict, ...]) -> None:
        for verdict in verdicts:
            if verdict.kind in {ErrorKind.RELAY_AUTH, ErrorKind.RATE_LIMITED}:
                self._relays.feedback(relay, verdict.kind, delay_s=verdict.delay_s)
                return

    def _postpone_if_relays_trouble(self, flight: Flight, verdicts: tuple[Verdict, ...]) -> None:
        """Where nobody was served and the relay is to blame, no attempt was made.

        A message that is limited for the second time in one attempt goes to its tier and counts,
        so that it cannot stay for ever.
        """
        kinds = {verdict.kind for verdict in verdicts}
        if kinds == {ErrorKind.RELAY_AUTH}:
            raise Postpone(max(self._relays.ready_in(), REST_S))
        if kinds == {ErrorKind.RATE_LIMITED} and not flight.limited:
            flight.limited = True
            raise Postpone(max(verdicts[0].delay_s or REST_S, self._relays.ready_in()))


def _is_cut() -> bool:
    """Whether this attempt was cancelled: its time is up, or its partition moves away."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _relay_id(verdicts: tuple[Verdict, ...]) -> str | None:
    for verdict in verdicts:
        if verdict.delivered and verdict.reply is not None:
            return relay_id(verdict.reply.text)
    return None
