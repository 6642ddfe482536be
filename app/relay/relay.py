"""One relay: its connections, its health, and how a message is put to it."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable, SendReport
from app.relay.chunking import Chunking
from app.relay.config import RelayConfig, Security
from app.relay.connection import Connection
from app.relay.connections import Connections, RefusedMore
from app.relay.delivery import deliver
from app.relay.failure import OpeningFailed, Unfit
from app.relay.health import Health
from app.relay.identity import Identity
from app.relay.limits import Limits
from app.relay.opening import Opening
from app.relay.outbox import Outbox
from app.relay.state import RelayState, RelayStatus
from app.relay.telling import about, tell_answer, tell_asked
from app.telemetry.in_hand import part

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.smtp import Composed, RecipientReply
    from app.flow import Clock, SharedRate
    from app.relay.config import BreakerConfig
    from app.relay.observer import RelayObserver
    from app.relay.outcome import Outcome

_log = logging.getLogger(__name__)

_LONG_REST_S: Final = 5.0
_LONGEST_PARKING: Final = 5.0
_CLOSING_DOWN: Final = 421
_LEAST_REFUSAL: Final = 400


class Relay:
    """Sends what it is given, as often as it is asked; never decides about retries."""

    def __init__(
        self,
        config: RelayConfig,
        breaker: BreakerConfig,
        clock: Clock,
        observer: RelayObserver | None = None,
    ) -> None:
        self.name = config.name
        self._observer = observer
        self._identity = Identity(config)
        self._about = about(config)
        self._clock = clock
        self._chunking = Chunking(config.name)
        self._outbox = Outbox()
        self._connections = Connections(
            self._dial,
            relay=config.name,
            limit=config.connections,
            idle_s=config.idle_s,
            clock=clock,
        )
        self._health = Health(config.name, breaker, clock, self._connections.dial)
        self._limits = Limits(config.name, config.rate, clock)
        self._sent = self._refused = self._limited = 0

    async def start(self) -> None:
        """Read what TLS needs; connects to nothing.

        Raises:
            Fatal: a certificate or key file cannot be used.
        """
        await self._identity.read()

    async def close(self) -> None:
        """Take leave of the relay; what is still being sent is cut off."""
        self._health.stop()
        await self._connections.close()

    @property
    def configured_rate(self) -> SharedRate | None:
        return self._limits.configured

    @property
    def healthy(self) -> bool:
        """Whether it serves its mail, if perhaps not this very moment."""
        return self._health.ready_in() == 0 and self._limits.resting_for <= _LONG_REST_S

    @property
    def waiting(self) -> int:
        """How many messages wait for a connection."""
        return self._connections.waiting

    @property
    def crowded(self) -> bool:
        """Whether each of its connections has a message that waits for it already."""
        return self._connections.waiting >= self._connections.limit

    def ready_in(self) -> float:
        """Seconds until it may be given a message, 0 for now."""
        ill, limited = self._health.ready_in(), self._limits.ready_in()
        return limited if ill == 0 else max(ill, limited)

    def accepted_lately(self) -> bool:
        return self._health.accepted_lately()

    def pause(self) -> None:
        """Give it no more messages until `resume`; those under way end."""
        self._health.pause()

    def resume(self) -> None:
        self._health.resume()

    def reset(self) -> None:
        """Ask it now, whatever went wrong before or was learned of its limit."""
        self._health.reset()
        self._limits.forget()

    def log_in_as(self, config: RelayConfig) -> None:
        """Take that config's login for connections to come; ask at once where it is another."""
        if self._identity.log_in_as(config):
            self._connections.drop_idle()
            self._health.reset()

    async def reread_certificates(self) -> None:
        """For connections to come; where a file cannot be used, those in use stay, and it is said.

        Never raises.
        """
        await self._identity.reread_certificates()

    def configure(self, breaker: BreakerConfig) -> None:
        """Thresholds of the breaker from now on."""
        self._health.configure(breaker)

    def state(self) -> RelayState:
        status, since = self._health.status()
        left = self._health.ready_in() if status is RelayStatus.OPEN else 0.0
        if status is RelayStatus.CLOSED and self._limits.resting_for > 0:
            status, since = RelayStatus.RESTING, self._limits.resting_since
            left = self._limits.resting_for
        return RelayState(
            name=self.name,
            status=status,
            since=since,
            resting_until=self._clock.now() + timedelta(seconds=left) if left > 0 else None,
            connections=self._connections.size,
            busy=self._connections.busy,
            most_connections=self._connections.limit,
            waiting=self._connections.waiting,
            rate=self._limits.rate,
            limit=self._limits.limit,
            sent=self._sent,
            refused=self._refused,
            limited=self._limited,
            last_error=self._health.last_error,
            last_accepted_at=self._health.last_accepted_at,
        )

    def unavailable(self) -> RelayUnavailable:
        """Why a message cannot go there now, and when it should ask again."""
        if self._health.ready_in() > 0:
            wait = self._health.parking()
        else:
            wait = min(_LONGEST_PARKING, self._limits.next_turn())
        status = self.state().status
        what = "at its limit" if status is RelayStatus.CLOSED else status
        return RelayUnavailable(self.name, f"it is {what}", retry_in=wait)

    def feedback(
        self, kind: ErrorKind | None, delay_s: float | None, *, again: bool, connections: bool
    ) -> None:
        """How the replies of a send were judged."""
        match kind:
            case ErrorKind.RELAY_AUTH:
                self._observe_refusal(auth=True)
                self._health.auth_refused("it does not accept our credentials or our mail")
                self._connections.drop_idle()
            case ErrorKind.RATE_LIMITED:
                self._limited += 1
                if connections:
                    self._connections.too_many()
                else:
                    self._limits.refused(delay_s, again=again)
            case _:
                pass

    async def send(self, composed: Composed) -> SendReport:
        """See `Relays.send`; raises Unfit besides, for a message that it does not take."""
        started = self._clock.monotonic()
        if self.ready_in() > 0:
            raise self.unavailable()
        with part("send", self._about) as sending:
            replies = await deliver(self, composed)
            tell_answer(self.name, sending, composed, replies)
        self._count(replies)
        return SendReport(self.name, replies, self._clock.monotonic() - started)

    async def transact(
        self, composed: Composed, recipients: Sequence[str], content: bytes
    ) -> Outcome:
        """One transaction; again on a fresh connection where the first says nothing of the mail."""
        self._limits.take()
        try:
            outcome = await self._once(composed, recipients, content, fresh=False)
            while outcome.again:
                outcome = await self._once(composed, recipients, content, fresh=True)
        except (RelayUnavailable, Unfit):
            self._limits.give_back()
            raise
        if outcome.delivered:
            self._health.accepted()
            self._limits.accepted()
        return outcome

    def _count(self, replies: Sequence[RecipientReply]) -> None:
        answered = False
        for each in replies:
            if each.reply is not None:
                answered = True
                if each.reply.code < _LEAST_REFUSAL:
                    self._sent += 1
                    return
        self._refused += answered

    async def _once(
        self, composed: Composed, recipients: Sequence[str], content: bytes, *, fresh: bool
    ) -> Outcome:
        try:
            with part("connection"):
                connection = None if fresh else self._connections.take()
                if connection is None:
                    connection = await self._connections.acquire(fresh=fresh)
        except asyncio.CancelledError as cut:
            # Nothing was offered to the relay, which whoever cut us off has to know.
            raise RelayUnavailable(
                self.name, "cut off while waiting for a connection", retry_in=0.0
            ) from cut
        try:
            objection = connection.objection(composed.envelope, len(content))
            if objection is not None:
                raise Unfit(objection)
            tell_asked(self.name, kept=not connection.fresh)
            return await connection.transact(composed.envelope, recipients, content)
        finally:
            self._connections.release(connection)

    async def _dial(self) -> Connection:
        context, helo_name = self._identity.shown()
        config = self._identity.config
        try:
            opened = await Opening(config, context, helo_name, self._observer).run()
        except OpeningFailed as error:
            self._observe_refusal(auth=error.auth)
            if (
                error.code == _CLOSING_DOWN
                and self._connections.in_use
                and self._health.ready_in() == 0
            ):
                raise RefusedMore from None
            self._health.failed(str(error), auth=error.auth)
            if self._health.ready_in() > 0:
                self._connections.drop_idle()
            raise RelayUnavailable(
                self.name, str(error), retry_in=self._health.parking(), auth=error.auth
            ) from None
        self._health.opened()
        if self._observer is not None:
            self._observer.opened(tls=opened.security is not Security.NONE)
        return Connection(
            opened,
            config,
            self._clock,
            self._chunking,
            self._connections.forget,
            outbox=self._outbox,
            observer=self._observer,
        )

    def _observe_refusal(self, *, auth: bool) -> None:
        if self._observer is not None:
            self._observer.refused(auth=auth)
