"""One fault tried: a message goes from the handler to its decision through a faulty relay."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
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
from app.outcomes import Routes, Schedule, decide
from app.pipeline.flights import Flights
from app.pipeline.handler import Handler
from app.pool import Postpone
from app.relay import BreakerConfig, RelayStatus, Security, Timeouts
from tests.contract.mail.fault_table import After, Fate, Relay
from tests.contract.mail.modes import MODES
from tests.support.relay_rig import PATIENT, relays_to
from tests.support.smtp_server import (
    Action,
    Hang,
    Leave,
    ReadNothing,
    Say,
    Slowly,
    SmtpServer,
    Then,
)
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.outcomes import Decision
    from app.relay import Relays
    from tests.support.relay_rig import Trust

VERBS: Final = {"greeting": "CONNECT", "message": "BODY", "final dot": "DOT"}
SAID: Final = {
    "4xx": "451 4.3.0 not now",
    "5xx": "550 5.7.1 never",
    "530": "530 5.7.0 authentication required",
    "535": "535 5.7.8 bad credentials",
    "454 4.7.0": "454 4.7.0 temporary authentication failure",
    "502": "502 what?",
    "550 5.1.1": "550 5.1.1 no such user",
    "552 5.3.4": "552 5.3.4 too large",
    "554 Relay access denied": "554 5.7.1 Relay access denied",
}
FAULTS: Final[dict[str, Action]] = {
    **{fault: Say(words) for fault, words in SAID.items()},
    "5xx in several lines": Say("550-5.7.1 never,\r\n550-5.7.1 really,\r\n550 5.7.1 never"),
    "421": Say("421 4.3.2 bye", leave=True),
    "time-out": Hang(),
    "close": Leave(),
    "close within a reply": Say(b"550-5.7.1 nev", leave=True),
    "garbage": Say(b"\x00\xff\x16\x03 hello\r\n"),
    "endless trickle": Say(b"250-" + b"x" * 8_000, drip=0.01),
    "slow, but in time": Slowly(),
}
PASSING: Final = {"time-out", "endless trickle"}
SHORT_S: Final = 0.25
# More than fits between us and a relay that does not read.
LARGE: Final = 9_000_000

SCHEDULE: Final = Schedule("email-queue", jitter=0)
ROUTES: Final = Routes(SCHEDULE, dead_letters="email-dlq", results="email-results")
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


def job_for(*names: str, large: bool = False, attempts: int = 0) -> MailJob:
    """A message to these names; sent from the first, so that a script can tell MAIL by it."""
    message = Message(
        id="m-1",
        to=tuple(Address(name, "example.com") for name in names),
        envelope_from=Address(names[0], "shop.example"),
        subject="Hello",
        text="How are you?",
        attachments=(Attachment("large", "a/b", bytes(LARGE)),) if large else (),
    )
    record = Record(*ORIGIN, NOW_MS, b"key", b"{}", ())
    claim = Claim(*ORIGIN, epoch=1)
    trail = Trail(ORIGIN, first_seen_ms=NOW_MS, attempts=attempts)
    return MailJob(claim, record, trail, message, message.recipients, size=100)


def decided(job: MailJob, attempt: Attempt) -> Decision:
    return decide(job, attempt, ROUTES, now_ms=NOW_MS, rng=Random(7))


def handler_to(relays: Relays) -> Handler:
    return Handler(COMPOSER, relays, AlwaysCurrent(), Flights())


class Trial:
    """One phase and one fault against a server and relays of their own."""

    def __init__(self, phase: str, fault: str, mode: str, trust: Trust) -> None:
        self._phase = phase
        self._fault = fault
        self._mode = mode
        self._trust = trust
        self._job = job_for("ann", large=phase == "message")
        self._over = asyncio.Event()

    async def run(self) -> Seen:
        async with self._server() as server, self._relays(server) as relays:
            self._arm(server)
            if self._phase == "connect":
                await server.stop()
            handler = handler_to(relays)
            kind, fate, status = await self._send(handler, relays)
            relay = await self._relay(handler, relays, status)
            server.never_mind()
            self._over.set()
            after = await self._connection(handler, relays, server)
            return Seen(kind, fate, after, relay)

    def _server(self) -> SmtpServer:
        secured = self._phase in {"STARTTLS", "AUTH"}
        name = "other.example" if self._fault == "untrusted certificate" else "127.0.0.1"
        return SmtpServer(
            features=MODES[self._mode],
            tls=self._trust.server_context(name) if secured else None,
            users={"me": "secret"} if secured else None,
        )

    @asynccontextmanager
    async def _relays(self, server: SmtpServer) -> AsyncIterator[Relays]:
        settings: dict[str, Any] = {"timeouts": self._timeouts()}
        if server.tls is not None:
            settings |= {
                "security": Security.STARTTLS,
                "ca_file": self._trust.ca_file,
                "user": "me",
                "password": "secret",
            }
        # Two failures in a row open it, so that one that counts and one that opens it differ.
        breaker = BreakerConfig(failures=2, reset_s=60)
        async with relays_to(server, breaker=breaker, **settings) as relays:
            yield relays

    def _timeouts(self) -> Timeouts:
        if self._fault not in PASSING:
            return PATIENT
        short = {
            "MAIL": "mail", "RCPT": "rcpt", "DATA": "data", "message": "block", "final dot": "dot",
        }  # fmt: skip
        return replace(PATIENT, **{short.get(self._phase, "greeting"): SHORT_S})

    def _arm(self, server: SmtpServer) -> None:
        if self._fault not in FAULTS:
            return
        action = FAULTS[self._fault]
        if self._phase == "message":
            action = self._while_reading(action)
        server.always(VERBS.get(self._phase, self._phase), action)

    def _while_reading(self, action: Action) -> Action:
        """What a relay does that does not read on, or not at once."""
        match self._fault:
            case "time-out":
                return ReadNothing(self._over)
            case "slow, but in time":
                return Pause()
            case "4xx" | "5xx" | "5xx in several lines":
                return Then(action, ReadNothing(self._over))
            case _:
                return action

    async def _send(
        self, handler: Handler, relays: Relays
    ) -> tuple[ErrorKind | None, Fate, RelayStatus]:
        """The kind, what becomes of the message, and the relay's status right afterwards."""
        try:
            attempt = await handler(self._job)
        except Postpone as postponed:
            status = relays.states()[0].status
            if isinstance(trouble := postponed.__cause__, RelayUnavailable):
                return _kind_of(trouble), Fate.WAITS, status
            if status is not RelayStatus.RESTING:
                return ErrorKind.RELAY_AUTH, Fate.WAITS, status
            await _rested(relays)
            kind, fate = self._fate(await handler(self._job))
            assert fate is Fate.RETRIED
            return kind, Fate.WAITS_ONCE, status
        return *self._fate(attempt), relays.states()[0].status

    def _fate(self, attempt: object) -> tuple[ErrorKind | None, Fate]:
        assert isinstance(attempt, Attempt)
        decision = decided(self._job, attempt)
        if not decision.letters:
            assert decision.status == "delivered"
            return decision.kind, Fate.DELIVERED
        (letter,) = decision.letters
        assert dict(letter.headers)["mail-attempt"] == b"1", "an attempt was made, and counts"
        if letter.topic == ROUTES.dead_letters:
            return decision.kind, Fate.DEAD
        assert letter.topic == SCHEDULE.topics[0]
        last = replace(self._job, trail=replace(self._job.trail, attempts=len(SCHEDULE.delays)))
        (letter,) = decided(last, attempt).letters
        assert letter.topic == ROUTES.dead_letters, "it counts: no retry is left after the last"
        return decision.kind, Fate.RETRIED

    async def _relay(self, handler: Handler, relays: Relays, status: RelayStatus) -> Relay:
        if status is RelayStatus.OPEN:
            return Relay.LEFT_ALONE
        if status is RelayStatus.RESTING:
            return Relay.RESTS
        await self._again(handler)
        return Relay.COUNTS if relays.states()[0].status is RelayStatus.OPEN else Relay.NOTHING

    async def _again(self, handler: Handler) -> None:
        with suppress(Postpone):
            await handler(self._job)

    async def _connection(self, handler: Handler, relays: Relays, server: SmtpServer) -> After:
        """Seen by the message that comes next."""
        if not server.sessions:
            return After.NEVER_OPEN
        session = server.sessions[-1]
        if relays.states()[0].status is RelayStatus.OPEN:
            await until(lambda: not server.open, "every connection is closed")
            return After.CLOSED
        await _rested(relays)
        spoken = len(session.commands)
        attempt = await handler(job_for("bob"))
        assert isinstance(attempt, Attempt)
        assert all(verdict.delivered for verdict in attempt.verdicts)
        if server.sessions[-1] is not session:
            await until(lambda: session.over, "the connection is closed")
            return After.CLOSED
        return After.RESET if "RSET" in session.verbs[spoken:] else After.KEPT


@dataclass(frozen=True)
class Pause:
    """Go on as usual after a moment."""

    seconds: float = 0.05

    async def perform(self, session: object) -> None:
        await asyncio.sleep(self.seconds)


def _kind_of(trouble: RelayUnavailable) -> ErrorKind:
    return ErrorKind.RELAY_AUTH if trouble.auth else ErrorKind.CONNECTION


async def _rested(relays: Relays) -> None:
    await until(lambda: relays.ready_in() == 0, "the relay has rested")
