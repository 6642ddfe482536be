"""An SMTP server that keeps what it gets, and can be told to refuse."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from app.embedded.errors import INSTALL, EmbeddedError
from app.embedded.mail import ReceivedMail

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "127.0.0.1"
KEPT_MAILS = 1000
LARGEST_MAIL = 32 << 20

GREYLISTED = "450 4.2.0 Greylisted, try again later"
UNKNOWN = "550 5.1.1 No such user here"


@dataclass(frozen=True, slots=True)
class MailboxRules:
    """Addresses in lower case: answered 4xx the first time they are named, or 550 5.1.1 always."""

    greylisted: frozenset[str] = frozenset()
    unknown: frozenset[str] = frozenset()


class Mailbox:
    """An async context manager; `port` 0 takes a free one. Keeps the last thousand mails."""

    def __init__(
        self,
        port: int = 0,
        rules: MailboxRules | None = None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._asked_port = port
        self._rules = rules or MailboxRules()
        self._now = now
        self._met: set[str] = set()
        self._mails: deque[ReceivedMail] = deque(maxlen=KEPT_MAILS)
        self._count = 0
        self._server: asyncio.Server | None = None

    @property
    def mails(self) -> tuple[ReceivedMail, ...]:
        """Oldest first."""
        return tuple(self._mails)

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the mailbox is not open")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def find(self, number: int) -> ReceivedMail | None:
        return next((mail for mail in self._mails if mail.number == number), None)

    async def __aenter__(self) -> Self:
        """Raises EmbeddedError when the port is taken or aiosmtpd is not installed."""
        try:
            from aiosmtpd.smtp import SMTP  # noqa: PLC0415 - an optional part
        except ImportError as error:
            raise EmbeddedError(f"the mailbox (aiosmtpd) is not here; {INSTALL}") from error

        def session() -> asyncio.Protocol:
            protocol: asyncio.Protocol = SMTP(
                self,
                data_size_limit=LARGEST_MAIL,
                enable_SMTPUTF8=True,
                hostname="mailbox.localhost",
                ident="kafka-mailer mailbox",
                loop=asyncio.get_running_loop(),
            )
            return protocol

        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(session, HOST, self._asked_port)
        except OSError as error:
            raise EmbeddedError(
                f"the mailbox cannot listen on {HOST}:{self._asked_port}: {error.strerror}"
            ) from error
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
            self._server = None

    async def handle_RCPT(  # noqa: N802 - aiosmtpd looks the hook up by this name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        del server, session
        key = address.lower()
        if key in self._rules.unknown:
            return UNKNOWN
        if key in self._rules.greylisted and key not in self._met:
            self._met.add(key)
            return GREYLISTED
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - as above
        del server, session
        self._count += 1
        self._mails.append(
            ReceivedMail(
                number=self._count,
                received_at=self._now(),
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                raw=bytes(envelope.original_content or b""),
            )
        )
        return f"250 2.0.0 OK: kept as {self._count}"
