"""What a worker does with a message: compose it, send it, judge the replies."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from app.domain.job import Hop
from app.domain.outcome import Attempt, ErrorKind, Verdict, Withheld
from app.domain.smtp import NoRelay, RelayUnavailable
from app.outcomes import Judge, relay_id, too_many_connections
from app.pipeline.traces import Traces
from app.pool import Postpone
from app.telemetry.in_hand import part

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.composer import Composer
    from app.domain.claim import Settlements
    from app.domain.job import Handled, MailJob
    from app.domain.message import Address
    from app.domain.screen import Screen
    from app.domain.smtp import SendReport
    from app.pipeline.flights import Flight
    from app.pipeline.redirect import Redirect
    from app.pipeline.waits import Turn, Waits
    from app.relay import Relays

REST_S = 0.5  # what a message waits at least that a relay would not have now
LONGEST_PARKING_S = 30.0
_NOBODY_WITHHELD: Mapping[str, Verdict] = {}


def utc_now() -> datetime:
    return datetime.now(UTC)


def _nobody(_seconds: float) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class Terms:
    """`judge` of replies; `redirect`, where mail does not go to its recipients; `traces` of all.

    `sender_domain`: that of messages that name no sender. `on_composed` hears how many seconds
    composing a message took.
    """

    judge: Judge = field(default_factory=Judge)
    redirect: Redirect | None = None
    sender_domain: str | None = None
    on_composed: Callable[[float], object] = _nobody
    traces: Traces = field(default_factory=Traces)


class Handler:
    """The pool's handler: asks the screens, composes, sends.

    Its value is an `Attempt`; `Withheld` where no recipient may get the message, or no relay may
    send it; `Hop` where it has to wait; None where the claim was stale and nothing was done.
    `on_end` is called whenever a worker is done with a job, also when it raised or was cut.
    """

    def __init__(
        self,
        composer: Composer,
        relays: Relays,
        settlements: Settlements,
        waits: Waits,
        *,
        terms: Terms | None = None,
        screens: Sequence[Screen] = (),
        on_end: Callable[[MailJob], None] | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self._composer = composer
        self._relays = relays
        self._settlements = settlements
        self._waits = waits
        self._terms = terms or Terms()
        self._screens = tuple(screens)
        self._on_end = on_end
        self._now = now

    async def __call__(self, job: MailJob) -> Handled:
        """Send one message.

        Raises `Postpone` for the relay's trouble and for rates, `InvalidMessage` for the message's
        own, and whatever our own code fails with.
        """
        flight = self._waits.flights.of(job.claim)
        flight.running = True
        try:
            with self._terms.traces.working(job):
                return await self._handle(job, flight)
        finally:
            flight.running = False
            if self._on_end is not None:
                self._on_end(job)

    async def _handle(self, job: MailJob, flight: Flight) -> Handled:
        if not self._settlements.is_current(job.claim):
            return None
        turn = self._waits.turn(job, flight)
        if isinstance(turn, Hop):
            return turn
        with turn:
            withheld = await self._screened(job)
            if isinstance(withheld, Hop):
                return withheld
            recipients = job.recipients
            if withheld:
                recipients = tuple(each for each in recipients if each.spec not in withheld)
                if not recipients:
                    return Withheld(tuple(withheld.values()))
            sent = await self._send(job, flight, turn, recipients)
        if isinstance(sent, Hop) or not withheld:
            return sent
        return replace(sent, verdicts=(*sent.verdicts, *withheld.values()))

    async def _send(
        self, job: MailJob, flight: Flight, turn: Turn, recipients: tuple[Address, ...]
    ) -> Attempt | Withheld | Hop:
        message, receivers = job.message, recipients
        if self._terms.redirect is not None:
            message, receivers = self._terms.redirect.instead(message, recipients)
        began = time.perf_counter()
        with part("compose"):
            composed = await self._composer.compose_aside(
                message, job.trail, receivers, now=self._now()
            )
        self._terms.on_composed(time.perf_counter() - began)
        try:
            report = await self._relays.send(
                composed, type=job.message.type, sender_domain=self._domain_of(job)
            )
        except RelayUnavailable as trouble:
            if _is_cut():
                raise
            return self._waits.for_relay(job, flight, trouble, self._ready_in(job))
        except NoRelay as lack:
            return Withheld(_unserved(recipients, str(lack)))
        turn.spend()
        verdicts = await self._judged(job, flight, report, recipients)
        return Attempt(
            relay=report.relay,
            message_id=composed.message_id,
            verdicts=verdicts,
            relay_id=_relay_id(verdicts),
            send_s=report.seconds,
        )

    async def _judged(
        self, job: MailJob, flight: Flight, report: SendReport, recipients: Sequence[Address]
    ) -> tuple[Verdict, ...]:
        accepted_lately = self._relays.accepted_lately(report.relay)
        judge = self._terms.judge
        verdicts = tuple(
            [
                judge(reply, relay=report.relay, accepted_lately=accepted_lately)
                for reply in report.replies
            ]
        )
        if self._terms.redirect is not None:
            verdicts = self._terms.redirect.shared(verdicts[0], recipients)
        for screen in self._screens:
            await screen.judged(job, verdicts)
        if not all(verdict.kind is None for verdict in verdicts):
            self._tell_relay(report.relay, verdicts, again=flight.limited)
            self._postpone_if_relays_trouble(job, flight, verdicts)
        return verdicts

    def _domain_of(self, job: MailJob) -> str | None:
        sender = job.message.sender
        return self._terms.sender_domain if sender is None else sender.domain

    async def _screened(self, job: MailJob) -> Mapping[str, Verdict] | Hop:
        """Of several verdicts on a recipient the first screen's stands."""
        if not self._screens:
            return _NOBODY_WITHHELD
        withheld: dict[str, Verdict] = {}
        for screen in self._screens:
            found = await screen.withhold(job)
            if isinstance(found, Hop):
                return found
            withheld = {**found, **withheld}
        return withheld

    def _tell_relay(self, relay: str, verdicts: tuple[Verdict, ...], *, again: bool) -> None:
        for verdict in verdicts:
            if verdict.kind in {ErrorKind.RELAY_AUTH, ErrorKind.RATE_LIMITED}:
                self._relays.feedback(
                    relay,
                    verdict.kind,
                    delay_s=verdict.delay_s,
                    again=again,
                    connections=verdict.reply is not None and too_many_connections(verdict.reply),
                )
                return

    def _postpone_if_relays_trouble(
        self, job: MailJob, flight: Flight, verdicts: tuple[Verdict, ...]
    ) -> None:
        """Where nobody was served and the relay is to blame, no attempt was made.

        A message that is limited for the second time in one attempt goes to its tier and counts,
        so that it cannot stay for ever.
        """
        kinds = {verdict.kind for verdict in verdicts}
        if kinds == {ErrorKind.RATE_LIMITED} and not flight.limited:
            flight.limited = True
        elif kinds != {ErrorKind.RELAY_AUTH}:
            return
        raise Postpone(min(LONGEST_PARKING_S, max(REST_S, self._ready_in(job))))

    def _ready_in(self, job: MailJob) -> float:
        return self._relays.ready_in_for(type=job.message.type, sender_domain=self._domain_of(job))


def _unserved(recipients: Sequence[Address], why: str) -> tuple[Verdict, ...]:
    """Dead, for an operator to act: nothing would change by waiting."""
    return tuple(
        Verdict(each.spec, ErrorKind.SENDER, permanent=True, detail=why) for each in recipients
    )


def _is_cut() -> bool:
    """Whether this attempt was cancelled: its time is up, or its partition moves away."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _relay_id(verdicts: tuple[Verdict, ...]) -> str | None:
    for verdict in verdicts:
        if verdict.delivered and verdict.reply is not None:
            return relay_id(verdict.reply.text)
    return None
