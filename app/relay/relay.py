"""One relay: its connections, its health, and how a message is put to it."""

from __future__ import annotations

import asyncio
import logging
import socket
from typing import TYPE_CHECKING, Final

from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable, SendReport
from app.relay.chunking import Chunking
from app.relay.config import RelayConfig, Security
from app.relay.connection import Connection
from app.relay.connections import Connections
from app.relay.delivery import Delivery
from app.relay.failure import OpeningFailed
from app.relay.health import Health
from app.relay.opening import Opening
from app.relay.tls import client_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

    from app.domain.smtp import Composed
    from app.flow import Clock
    from app.relay.config import BreakerConfig
    from app.relay.outcome import Outcome
    from app.relay.state import RelayState

_log = logging.getLogger(__name__)

_HOST_NAME_TIMEOUT: Final = 3.0


class Relay:
    """Sends what it is given, as often as it is asked; never decides about retries."""

    def __init__(self, config: RelayConfig, breaker: BreakerConfig, clock: Clock) -> None:
        self.name = config.name
        self._config = config
        self._clock = clock
        self._context: ssl.SSLContext | None = None
        self._helo_name = config.helo_name or ""
        self._chunking = Chunking(config.name)
        self._connections = Connections(
            self._dial,
            relay=config.name,
            limit=config.connections,
            idle_s=config.idle_s,
            clock=clock,
        )
        self._health = Health(config.name, breaker, clock, self._connections.dial)

    async def start(self) -> None:
        """Read what TLS needs; connects to nothing.

        Raises:
            Fatal: a certificate or key file cannot be used.
        """
        config = self._config
        self._context = await asyncio.to_thread(
            client_context, config.ca_file, config.cert_file, config.key_file
        )
        if not self._helo_name:
            self._helo_name = await _own_name()
        if config.password is not None and config.user is None:
            _log.warning(
                "relay %s: a password without a user is not used; set SMTP_USER", self.name
            )
        if config.security is Security.NONE:
            _log.warning("relay %s: mail goes there in the clear (SMTP_SECURITY=none)", self.name)

    async def close(self) -> None:
        """Take leave of the relay; what is still being sent is cut off."""
        self._health.stop()
        await self._connections.close()

    def ready_in(self) -> float:
        return self._health.ready_in()

    def accepted_lately(self) -> bool:
        return self._health.accepted_lately()

    def pause(self) -> None:
        """Give it no more messages until `resume`; those under way end."""
        self._health.pause()

    def resume(self) -> None:
        self._health.resume()

    def reset(self) -> None:
        """Ask it now, whatever went wrong before."""
        self._health.reset()

    def configure(self, breaker: BreakerConfig) -> None:
        """Thresholds of the breaker from now on."""
        self._health.configure(breaker)

    def state(self) -> RelayState:
        return self._health.state(self._connections.size)

    def feedback(self, kind: ErrorKind | None, delay_s: float | None) -> None:
        """How the replies of a send were judged."""
        match kind:
            case ErrorKind.RELAY_AUTH:
                self._health.auth_refused("it does not accept our credentials or our mail")
                self._connections.drop_idle()
            case ErrorKind.RATE_LIMITED:
                self._health.rest(delay_s)
            case _:
                pass

    async def send(self, composed: Composed) -> SendReport:
        """See `Relays.send`."""
        started = self._clock.monotonic()
        if self.ready_in() > 0:
            raise RelayUnavailable(
                self.name, f"it is {self.state().status}", retry_in=self._health.parking()
            )
        replies = await Delivery(self, composed).run()
        return SendReport(self.name, replies, self._clock.monotonic() - started)

    async def transact(
        self, composed: Composed, recipients: Sequence[str], content: bytes
    ) -> Outcome:
        """One transaction; again on a fresh connection where the first says nothing of the mail."""
        outcome = await self._once(composed, recipients, content, fresh=False)
        while outcome.again:
            outcome = await self._once(composed, recipients, content, fresh=True)
        if outcome.delivered:
            self._health.accepted()
        return outcome

    async def _once(
        self, composed: Composed, recipients: Sequence[str], content: bytes, *, fresh: bool
    ) -> Outcome:
        try:
            connection = await self._connections.acquire(fresh=fresh)
        except asyncio.CancelledError as cut:
            # Nothing was offered to the relay, which whoever cut us off has to know.
            raise RelayUnavailable(
                self.name, "cut off while waiting for a connection", retry_in=0.0
            ) from cut
        try:
            return await connection.transact(composed.envelope, recipients, content)
        finally:
            self._connections.release(connection)

    async def _dial(self) -> Connection:
        if self._context is None:
            raise RuntimeError("the relay was not started")
        try:
            opened = await Opening(self._config, self._context, self._helo_name).run()
        except OpeningFailed as error:
            self._health.failed(str(error), auth=error.auth)
            if self._health.ready_in() > 0:
                self._connections.drop_idle()
            raise RelayUnavailable(
                self.name, str(error), retry_in=self._health.parking(), auth=error.auth
            ) from None
        self._health.opened()
        return Connection(
            opened, self._config, self._clock, self._chunking, self._connections.forget
        )


async def _own_name() -> str:
    """The host's full name where the resolver knows one, else its name."""
    try:
        async with asyncio.timeout(_HOST_NAME_TIMEOUT):
            name = await asyncio.to_thread(socket.getfqdn)
    except TimeoutError:
        name = socket.gethostname()
    return name if name.isascii() and name.isprintable() and " " not in name else "localhost"
