"""One fault tried: a message goes from the handler to its decision through a faulty relay."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, Any, Final

from app.composer import Composer, ComposerConfig
from app.domain.claim import Claim
from app.domain.job import MailJob, Trail
from app.domain.message import Address, Attachment, Message
from app.domain.outcome import Attempt, ErrorKind
from app.domain.record import Origin, Record
from app.domain.smtp import RelayUnavailable
from app.flow import ManualClock
from app.outcomes import Judge, Routes, Schedule, Suppressing, decide
from app.pipeline.flights import Flights
from app.pipeline.handler import Handler, Terms
from app.pipeline.pacing import Pacing, Rates
from app.pipeline.waits import Waits
from app.pool import Postpone
from app.relay import BreakerConfig, RelayStatus, Security, Timeouts
from tests.contract.mail.fault_table import After, Fate, Relay
from tests.contract.mail.faults import FAULTS, PASSING, VERBS, Pause, action_at
from tests.contract.mail.modes import MODES
from tests.support.relay_rig import PATIENT, relays_to
from tests.support.smtp_actions import ReadNothing, Then
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from app.outcomes import Decision
    from app.relay import Relays
    from tests.support.relay_rig import Trust
    from tests.support.smtp_actions import Action
    from tests.support.smtp_session import Session

SHORT_S: Final = 0.25
SHORTENED: Final = {
    "MAIL": ("mail",),
    "RCPT": ("rcpt",),
    "DATA": ("data",),
    "message": ("block", "dot"),
    "first chunk": ("block", "dot"),
    "final dot": ("dot",),
}
# More than fits between us and a relay that does not read.
WINDOW: Final = 65_536
LARGE: Final = 4_000_000
SEVERAL_CHUNKS: Final = 200_000
ATTACHED: Final = {"message": LARGE, "first chunk": SEVERAL_CHUNKS}
MOST_CONNECTIONS: Final = 10
MINUTE_S: Final = 60.0

SCHEDULE: Final = Schedule("email-queue", jitter=0)
ROUTES: Final = Routes(
    SCHEDULE, "email-dlq", "email-results", Suppressing("email-suppressions", ttl_s=60.0)
)
ORIGIN: Final = Origin("email-queue", 0, 7)
NOW_MS: Final = 1_767_225_600_000
COMPOSER: Final = Composer(ComposerConfig(default_from="shop@example.com", max_bytes=2 * LARGE))


class AlwaysCurrent:
    """Settlements of an assignment that never ends."""

    def is_current(self, claim: Claim) -> bool:
        return True

    def give_up(self, claim: Claim) -> None: ...

    def settle(self, claim: Claim) -> None: ...


@dataclass(frozen=True, slots=True)
class Seen:
    """What a fault led to, in the table's terms."""

    kind: ErrorKind | None
    fate: Fate
    after: After
    relay: Relay


def job_for(*names: str, attached: int = 0, attempts: int = 0) -> MailJob:
    """A message to these names; sent from the first, so that a script can tell MAIL by it."""
    message = Message(
        id="m-1",
        to=tuple(Address(name, "example.com") for name in names),
        envelope_from=Address(names[0], "shop.example"),
        subject="Hello",
        text="How are you?",
        attachments=(Attachment("zeros", "a/b", bytes(attached)),) if attached else (),
    )
    record = Record(*ORIGIN, NOW_MS, b"key", b"{}", ())
    claim = Claim(*ORIGIN, epoch=1)
    trail = Trail(ORIGIN, first_seen_ms=NOW_MS, attempts=attempts)
    return MailJob(claim, record, trail, message, message.recipients, size=100)


def decided(job: MailJob, attempt: Attempt) -> Decision:
    return decide(job, attempt, ROUTES, now_ms=NOW_MS, rng=Random(7))


def handler_to(relays: Relays, judge: Judge | None = None) -> Handler:
    terms = Terms(judge or Judge())
    waits = Waits(
        Pacing(Rates()), relays, Flights(), room=10, tier_s=SCHEDULE.tiers[0], clock=lambda: NOW_MS
    )
    return Handler(COMPOSER, relays, AlwaysCurrent(), waits, terms=terms)


class Trial:
    """One phase and one fault against a server and relays of their own.

    `kept`: on a connection that has carried a message, and this one time only.
    """

    def __init__(self, phase: str, fault: str, mode: str, trust: Trust, *, kept: bool) -> None:
        self._phase = phase
        self._fault = fault
        self._mode = mode
        self._trust = trust
        self._kept = kept
        self._job = job_for("ann", attached=ATTACHED.get(phase, 0))
        self._clock = ManualClock()
        self._over = asyncio.Event()

    async def run(self) -> Seen:
        async with (
            self._server() as server,
            relays_to(server, clock=self._clock, **self._settings(server)) as relays,
        ):
            handler = handler_to(relays)
            if self._kept:
                await self._delivered(handler, "zoe")
            self._arm(server)
            if self._phase == "connect":
                await server.stop()
            kind, fate, relay = await self._send(handler, relays)
            if relay is Relay.NOTHING and not self._kept:
                relay = await self._counts(handler, relays)
            server.never_mind()
            self._over.set()
            if not server.sessions:
                return Seen(kind, fate, After.NEVER_OPEN, relay)
            # What is delivered all the same may have needed a second one.
            session = server.sessions[0 if self._kept or kind is None else -1]
            after = await self._connection(handler, relays, server, session)
            return Seen(kind, fate, after, relay)

    def _server(self) -> SmtpServer:
        secured = self._phase in {"STARTTLS", "AUTH"}
        name = "other.example" if self._fault == "untrusted certificate" else "127.0.0.1"
        return SmtpServer(
            features=MODES[self._mode],
            tls=self._trust.server_context(name) if secured else None,
            users={"me": "secret"} if secured else None,
            window=WINDOW,
        )

    def _settings(self, server: SmtpServer) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "timeouts": self._timeouts(),
            # The system's takes longer to read than the trial.
            "ca_file": self._trust.ca_file,
            # However far the clock is put forward.
            "idle_s": 1e6,
            "connections": MOST_CONNECTIONS,
            "max_age_s": 1e6,
            # Two failures in a row open it, so that one that counts and one that opens it differ.
            "breaker": BreakerConfig(failures=2, reset_s=MINUTE_S),
        }
        if server.tls is not None:
            settings |= {
                "security": Security.STARTTLS,
                "user": "me",
                "password": "secret",
            }
        return settings

    def _timeouts(self) -> Timeouts:
        if self._fault not in PASSING:
            return PATIENT
        named = SHORTENED.get(self._phase, ("greeting",))
        return replace(PATIENT, **dict.fromkeys(named, SHORT_S))

    def _arm(self, server: SmtpServer) -> None:
        if self._fault not in FAULTS:
            return
        verb = VERBS.get(self._phase, self._phase)
        if self._kept:
            server.on(verb, self._action())
        else:
            server.always(verb, self._action())

    def _action(self) -> Action:
        action = action_at(self._phase, self._fault)
        match self._phase, self._fault:
            # What a relay does that does not read on, or not at once.
            case "message", "time-out":
                return ReadNothing(self._over)
            case "message", "slow, but in time":
                return Pause()
            case "message", "4xx" | "5xx" | "5xx in several lines":
                return Then(action, ReadNothing(self._over))
            case _:
                return action

    async def _send(self, handler: Handler, relays: Relays) -> tuple[ErrorKind | None, Fate, Relay]:
        """The kind, what becomes of the message, and the relay's state right afterwards."""
        try:
            attempt = await handler(self._job)
        except Postpone as postponed:
            relay = _state(relays)
            if isinstance(trouble := postponed.__cause__, RelayUnavailable):
                return _kind_of(trouble), Fate.WAITS, relay
            if relay is Relay.LEFT_ALONE:
                return ErrorKind.RELAY_AUTH, Fate.WAITS, relay
            self._rest(relays)
            kind, fate = self._fate(await handler(self._job))
            assert fate is Fate.RETRIED
            return kind, Fate.WAITS_ONCE, relay
        return *self._fate(attempt), _state(relays)

    def _fate(self, attempt: object) -> tuple[ErrorKind | None, Fate]:
        assert isinstance(attempt, Attempt)
        decision = decided(self._job, attempt)
        if not decision.letters:
            assert decision.status == "delivered"
            return decision.kind, Fate.DELIVERED
        (letter,) = decision.letters
        assert dict(letter.headers)["mail-attempt"] == b"1", "an attempt was made, and counts"
        if letter.topic == ROUTES.dead_letters:
            return decision.kind, Fate.SUPPRESSED if decision.notes else Fate.DEAD
        assert letter.topic in SCHEDULE.topics
        assert not decision.notes
        last = replace(self._job, trail=replace(self._job.trail, attempts=len(SCHEDULE.delays)))
        (letter,) = decided(last, attempt).letters
        assert letter.topic == ROUTES.dead_letters, "it counts: no retry is left after the last"
        return decision.kind, Fate.RETRIED

    async def _counts(self, handler: Handler, relays: Relays) -> Relay:
        """Whether one more opens the breaker."""
        with suppress(Postpone):
            await handler(self._job)
        return Relay.COUNTS if _state(relays) is Relay.LEFT_ALONE else Relay.NOTHING

    async def _connection(
        self, handler: Handler, relays: Relays, server: SmtpServer, session: Session
    ) -> After:
        """Seen by the message that comes next."""
        if _state(relays) is Relay.LEFT_ALONE:
            await until(lambda: not server.open, "every connection is closed")
            return After.CLOSED
        self._rest(relays)
        spoken = len(session.commands)
        await self._delivered(handler, "bob")
        if server.sessions[-1] is not session:
            await until(lambda: session.over, "the connection is closed")
            return After.CLOSED
        return After.RESET if "RSET" in session.verbs[spoken:] else After.KEPT

    def _rest(self, relays: Relays) -> None:
        while wait := relays.ready_in():
            self._clock.advance(wait)

    @staticmethod
    async def _delivered(handler: Handler, name: str) -> None:
        attempt = await handler(job_for(name))
        assert isinstance(attempt, Attempt)
        assert all(verdict.delivered for verdict in attempt.verdicts)


def _state(relays: Relays) -> Relay:
    state = relays.states()[0]
    if state.status is RelayStatus.OPEN:
        return Relay.LEFT_ALONE
    if state.status is RelayStatus.RESTING:
        assert relays.ready_in() > MINUTE_S, "a single refusal is no limit"
        return Relay.RESTS_LONG
    if state.most_connections < MOST_CONNECTIONS:
        return Relay.FEWER
    return Relay.LIMITED if state.limited else Relay.NOTHING


def _kind_of(trouble: RelayUnavailable) -> ErrorKind:
    return ErrorKind.RELAY_AUTH if trouble.auth else ErrorKind.CONNECTION
