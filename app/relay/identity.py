"""As whom we come to a relay: our name, certificate and login."""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.domain.errors import Fatal
from app.relay.config import Security
from app.relay.tls import client_context

if TYPE_CHECKING:
    import ssl

    from app.relay.config import RelayConfig

_log = logging.getLogger(__name__)

_HOST_NAME_TIMEOUT: Final = 3.0


class Identity:
    """One relay's; what changes counts for connections that are opened afterwards."""

    def __init__(self, config: RelayConfig) -> None:
        self.config = config
        self._context: ssl.SSLContext | None = None
        self._helo_name = config.helo_name or ""

    async def read(self) -> None:
        """Read what TLS needs, and find our name.

        Raises:
            Fatal: a certificate or key file cannot be used.
        """
        config = self.config
        await self._read_certificates()
        if not self._helo_name:
            self._helo_name = await own_name()
        if config.password is not None and config.user is None:
            _log.warning(
                "relay %s: a password without a user is not used; set SMTP_USER", config.name
            )
        if config.security is Security.NONE:
            _log.warning("relay %s: mail goes there in the clear (SMTP_SECURITY=none)", config.name)

    def shown(self) -> tuple[ssl.SSLContext, str]:
        """What connections are opened with: TLS, and the name for EHLO."""
        if self._context is None:
            raise RuntimeError("the relay was not started")
        return self._context, self._helo_name

    def log_in_as(self, config: RelayConfig) -> bool:
        """Take that config's login; whether it is another."""
        known = self.config
        login = config.user, config.password, config.token_file
        if login == (known.user, known.password, known.token_file):
            return False
        user, password, token_file = login
        self.config = replace(known, user=user, password=password, token_file=token_file)
        return True

    async def reread_certificates(self) -> None:
        """Where a file cannot be used, those in use stay, and it is said. Never raises."""
        try:
            await self._read_certificates()
        except Fatal as error:
            _log.error("relay %s: %s; the files as they were stay in use", self.config.name, error)

    async def _read_certificates(self) -> None:
        config = self.config
        self._context = await asyncio.to_thread(
            client_context, config.ca_file, config.cert_file, config.key_file
        )


async def own_name() -> str:
    """The host's full name where the resolver knows one, else its name."""
    try:
        async with asyncio.timeout(_HOST_NAME_TIMEOUT):
            name = await asyncio.to_thread(socket.getfqdn)
    except TimeoutError:
        name = socket.gethostname()
    return name if name.isascii() and name.isprintable() and " " not in name else "localhost"
