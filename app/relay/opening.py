"""From a host name to a connection on which mail may be sent: everything before MAIL.

aiosmtplib greets, upgrades and authenticates; we connect the socket ourselves, because time-outs
are by phase, and bring our own TLS transport, on which both aiosmtplib and our dialogue speak.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

import aiosmtplib

from app.domain.smtp import Phase
from app.relay.authentication import authenticate, has_credentials
from app.relay.config import RelayConfig, Security
from app.relay.failure import KNOWN_FAILURES, OpeningFailed, failure_of
from app.relay.features import Features
from app.relay.greeter import Greeter
from app.relay.observer import Laps
from app.relay.tls import TlsTransport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from app.relay.observer import RelayObserver

_IMPLICIT_TLS_PORT: Final = 465
_MOST_ADDRESSES: Final = 4


@dataclass(frozen=True, slots=True)
class Opened:
    """A transport that has passed EHLO, TLS and AUTH, and what the relay offers on it.

    `extensions` has the keywords of its last EHLO in lower case, with their parameters.
    """

    transport: asyncio.Transport
    features: Features
    security: Security
    loopback: bool = False
    banner: str = ""
    extensions: Mapping[str, str] = field(default_factory=dict)


def choose_security(config: RelayConfig, *, loopback: bool) -> Security:
    """What `auto` comes to: by port, then by peer; STARTTLS is required off loopback."""
    if config.security is not Security.AUTO:
        return config.security
    if config.port == _IMPLICIT_TLS_PORT:
        return Security.TLS
    return Security.NONE if loopback else Security.STARTTLS


async def addresses_of(host: str, port: int) -> list[str]:
    """The host's addresses, in the order that the resolver prefers."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Opening:
    """One attempt at opening; remembers its phase, so that a failure can name it."""

    def __init__(
        self,
        config: RelayConfig,
        context: ssl.SSLContext,
        helo_name: str,
        observer: RelayObserver | None = None,
    ) -> None:
        self._config = config
        self._context = context
        self._smtp = aiosmtplib.SMTP(
            hostname=config.host, local_hostname=helo_name, timeout=config.timeouts.greeting
        )
        self._greeter = Greeter(greeting_due=True)
        self._wire: asyncio.Transport | None = None
        self._banner = ""
        self._phase = Phase.CONNECT
        self._laps = None if observer is None else Laps(Phase.CONNECT, observer)

    async def run(self) -> Opened:
        """Go through all of it.

        Raises:
            OpeningFailed: whatever went wrong; the connection is closed.
        """
        opened: Opened | None = None
        try:
            opened = await self._run()
        except KNOWN_FAILURES as error:
            raise self._failure(error) from None
        finally:
            if self._laps is not None:
                self._laps.end()
            if opened is None and self._wire is not None:
                self._wire.abort()
        return opened

    async def _run(self) -> Opened:
        self._wire = wire = await self._connect()
        loopback = _is_loopback(wire)
        security = choose_security(self._config, loopback=loopback)
        transport = wire
        if security is Security.TLS:
            transport = await self._start_tls(wire)
        self._speak_on(self._greeter, transport)
        await self._greet()
        if security is Security.STARTTLS:
            transport = await self._upgrade(wire)
            self._greeter = Greeter(greeting_due=False)
            self._speak_on(self._greeter, transport)
            self._enter(Phase.EHLO)
            await self._smtp.ehlo()
        if has_credentials(self._config):
            self._enter(Phase.AUTH)
            if security is Security.NONE and not loopback:
                raise OpeningFailed(
                    Phase.AUTH,
                    "credentials are never sent without TLS to another host; "
                    "set SMTP_SECURITY to starttls or tls, or remove SMTP_USER",
                    auth=True,
                )
            await authenticate(self._smtp, self._config)
        self._require_silence()
        extensions = dict(self._smtp.esmtp_extensions)
        features = Features.read(extensions)
        return Opened(transport, features, security, loopback, self._banner, extensions)

    async def _connect(self) -> asyncio.Transport:
        loop = asyncio.get_running_loop()
        host, port = self._config.host, self._config.port
        seconds = self._config.timeouts.connect
        async with asyncio.timeout(seconds):
            addresses = await addresses_of(host, port)
        problem: OSError | None = None
        for address in addresses[:_MOST_ADDRESSES]:
            try:
                async with asyncio.timeout(seconds):
                    wire, _ = await loop.create_connection(lambda: self._greeter, address, port)
            except OSError as error:  # TimeoutError is one
                problem = error
            else:
                return wire
        raise problem or OpeningFailed(Phase.CONNECT, "the host name has no address")

    def _speak_on(self, greeter: Greeter, transport: asyncio.Transport) -> None:
        self._smtp.protocol = greeter
        self._smtp.transport = transport
        if greeter.transport is not transport:
            greeter.connection_made(transport)
            transport.set_protocol(greeter)

    async def _greet(self) -> None:
        self._enter(Phase.GREETING)
        greeting = await self._greeter.read_response(self._config.timeouts.greeting)
        if greeting.code != 220:
            raise aiosmtplib.SMTPResponseException(greeting.code, greeting.message)
        self._banner = greeting.message
        self._enter(Phase.EHLO)
        try:
            await self._smtp.ehlo()
        except aiosmtplib.SMTPHeloError as error:
            if error.code not in {500, 502, 504}:
                raise
            await self._smtp.helo()

    async def _upgrade(self, wire: asyncio.Transport) -> asyncio.Transport:
        self._enter(Phase.STARTTLS)
        if not self._smtp.supports_extension("starttls"):
            raise OpeningFailed(Phase.STARTTLS, "STARTTLS is required and not offered")
        response = await self._smtp.execute_command(b"STARTTLS")
        if response.code != 220:
            raise aiosmtplib.SMTPResponseException(response.code, response.message)
        self._require_silence()
        return await self._start_tls(wire)

    async def _start_tls(self, wire: asyncio.Transport) -> asyncio.Transport:
        self._enter(Phase.STARTTLS)
        transport = TlsTransport(wire, self._context, self._config.host)
        await transport.handshake(self._config.timeouts.greeting)
        return transport

    def _enter(self, phase: Phase) -> None:
        if phase is self._phase:
            return
        self._phase = phase
        if self._laps is not None:
            self._laps.enter(phase)

    def _require_silence(self) -> None:
        """What came without being asked for may have been put there by somebody else."""
        if not self._greeter.answered_exactly:
            raise OpeningFailed(self._phase, "the relay sent more than it was asked for")

    def _failure(self, error: Exception) -> OpeningFailed:
        if self._greeter.garbled is not None:
            return OpeningFailed(self._phase, self._greeter.garbled)
        return failure_of(self._phase, error)


def _is_loopback(transport: asyncio.Transport) -> bool:
    peer = cast("tuple[str, int] | None", transport.get_extra_info("peername"))
    if not peer:
        return False
    address = ipaddress.ip_address(peer[0].partition("%")[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
