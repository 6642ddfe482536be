"""One close look at a relay: opened as for mail, asked whether it would take one, and left."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.domain.peer_tls import peer_tls
from app.domain.smtp import Envelope, Phase
from app.relay.authentication import has_credentials
from app.relay.channel import Channel, ChannelEnded
from app.relay.failure import KNOWN_FAILURES, OpeningFailed, failure_of
from app.relay.framing import mail_line, rcpt_line
from app.relay.identity import own_name
from app.relay.opening import Opening, addresses_of
from app.relay.tls import client_context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.domain.peer_tls import PeerTls
    from app.domain.smtp import Reply
    from app.relay.config import RelayConfig, Security
    from app.relay.features import Features
    from app.relay.opening import Opened

_QUIT_S: Final = 1.0
_SIZE: Final = 1_000
"""Octets of the message that MAIL announces; none is sent."""


@dataclass(frozen=True, slots=True)
class Probed:
    """`opened_s`: how long it took from connecting to the end of AUTH.

    `mail` and `rcpt`: its answers, None where it was not asked. `cut`: why no answer came.
    """

    addresses: tuple[str, ...]
    helo_name: str
    opened_s: float
    banner: str
    security: Security
    loopback: bool
    features: Features
    extensions: Mapping[str, str] = field(default_factory=dict)
    tls: PeerTls | None = None
    logged_in: bool = False
    mail: Reply | None = None
    rcpt: Reply | None = None
    cut: str | None = None


class Unresolved(OpeningFailed):
    """DNS, or the host's own file of names, does not know the relay's."""


async def probe(config: RelayConfig, sender: str | None, recipient: str | None) -> Probed:
    """Open the relay, ask it with MAIL and RCPT for a mail from one to the other, and RSET.

    Nothing is sent; without a sender nothing is asked.

    Raises:
        Unresolved: its name is not known.
        OpeningFailed: whatever else went wrong before MAIL.
        Fatal: files of certificates that cannot be used.
    """
    context = await asyncio.to_thread(
        client_context, config.ca_file, config.cert_file, config.key_file
    )
    helo_name = config.helo_name or await own_name()
    try:
        async with asyncio.timeout(config.timeouts.connect):
            addresses = await addresses_of(config.host, config.port)
    except KNOWN_FAILURES as error:
        raise Unresolved(Phase.CONNECT, failure_of(Phase.CONNECT, error).detail) from None
    began = time.monotonic()
    opened = await Opening(config, context, helo_name).run()
    seconds = time.monotonic() - began
    tls = opened.transport.get_extra_info("ssl_object")
    channel = Channel(opened.transport)
    mail = rcpt = cut = None
    try:
        if sender is not None and recipient is not None:
            mail, rcpt, cut = await _asked(_Questions(channel), config, opened, sender, recipient)
    finally:
        await channel.quit(_QUIT_S)
    return Probed(
        tuple(addresses),
        helo_name,
        seconds,
        opened.banner,
        opened.security,
        opened.loopback,
        opened.features,
        opened.extensions,
        None if tls is None else peer_tls(tls),
        has_credentials(config),
        mail,
        rcpt,
        cut,
    )


async def _asked(
    questions: _Questions, config: RelayConfig, opened: Opened, sender: str, recipient: str
) -> tuple[Reply | None, Reply | None, str | None]:
    ascii_only = f"{sender}{recipient}".isascii()
    envelope = Envelope(sender, (recipient,), smtputf8=not ascii_only)
    mail = rcpt = None
    try:
        line = mail_line(envelope, _SIZE, opened.features)
        mail = await questions.ask(line, config.timeouts.mail)
        if mail.code < 300:
            rcpt = await questions.ask(rcpt_line(recipient, envelope), config.timeouts.rcpt)
            await questions.ask(b"RSET\r\n", config.timeouts.rcpt)
    except ChannelEnded as end:
        return mail, rcpt, str(end.reply or end)
    return mail, rcpt, None


class _Questions:
    """Says one line at a time, and waits for its reply."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._answer: asyncio.Future[Reply] = channel.loop.create_future()

    async def ask(self, line: bytes, seconds: float) -> Reply:
        """Raises `ChannelEnded`."""
        self._answer = self._channel.loop.create_future()
        self._channel.give_to(self)
        self._channel.within(seconds)
        self._channel.send(line, 1)
        try:
            return await self._answer
        finally:
            self._channel.leave()

    def replied(self, reply: Reply) -> None:
        if not self._answer.done():
            self._answer.set_result(reply)

    def settled(self) -> None:
        """What is sent is sent by `ask`."""

    def cut_off(self, end: ChannelEnded) -> None:
        if not self._answer.done():
            self._answer.set_exception(end)
