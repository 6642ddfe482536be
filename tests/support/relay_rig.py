"""A relay in front of the misbehaving server, on either event loop."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import pytest
import trustme

from app.domain.smtp import (
    Composed,
    Envelope,
    Phase,
    RecipientReply,
    RelayUnavailable,
    SendReport,
)
from app.relay import BreakerConfig, RelayConfig, Relays, Security, Timeouts
from tests.support.garbage import collected
from tests.support.smtp_actions import Say
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine
    from datetime import datetime
    from pathlib import Path

    from app.flow import Clock

T = TypeVar("T")

PATIENT = Timeouts(
    connect=5.0, greeting=10.0, mail=10.0, rcpt=10.0, data=10.0, block=10.0, dot=10.0
)
QUICK = Timeouts(connect=2.0, greeting=0.3, mail=0.3, rcpt=0.3, data=0.3, block=0.3, dot=0.3)
"""Short enough to be waited for."""
CONTENT = b"Subject: hello\r\n\r\nHow are you?\r\n"


class LoopRunner:
    """Runs a test's coroutine on one kind of event loop, bounded in time.

    Fails on what asyncio reports, such as a task whose exception nobody took.
    """

    def __init__(self, make_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self._make_loop = make_loop

    def __call__(self, main: Coroutine[object, object, T], within: float = 30.0) -> T:
        complaints: list[dict[str, Any]] = []

        async def bounded() -> T:
            asyncio.get_running_loop().set_exception_handler(
                lambda _, context: complaints.append(context)
            )
            async with asyncio.timeout(within):
                return await main

        with asyncio.Runner(loop_factory=self._make_loop) as runner, collected():
            result = runner.run(bounded())
        assert not complaints, complaints
        return result


class Trust:
    """A certificate authority of our own."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.ca_file))

    def server_context(
        self, name: str = "127.0.0.1", *, until: datetime | None = None
    ) -> ssl.SSLContext:
        """With a certificate that is good until then, by default for long."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.authority.issue_cert(name, not_after=until).configure_cert(context)
        return context

    def server_files(self, folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path]:
        """A server's certificate and key."""
        return self._written(self.authority.issue_cert(name), folder, "server")

    def old_context(self) -> ssl.SSLContext:
        """A server that knows nothing above TLS 1.1."""
        context = self.server_context()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        return context

    def want_client_certificate(self, context: ssl.SSLContext) -> None:
        context.verify_mode = ssl.CERT_REQUIRED
        # With TLS 1.3 a client learns only later that its certificate was refused.
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        self.authority.configure_trust(context)

    def client_files(self, folder: Path) -> tuple[Path, Path]:
        """A client's certificate and key."""
        return self._written(self.authority.issue_cert("client.example"), folder, "client")

    @staticmethod
    def _written(issued: trustme.LeafCert, folder: Path, stem: str) -> tuple[Path, Path]:
        cert_file, key_file = folder / f"{stem}.pem", folder / f"{stem}.key"
        issued.cert_chain_pems[0].write_to_path(str(cert_file))
        issued.private_key_pem.write_to_path(str(key_file))
        return cert_file, key_file


class Listener(Protocol):
    """A server on this host."""

    @property
    def port(self) -> int: ...


def relay_config(server: Listener, **settings: Any) -> RelayConfig:
    return RelayConfig(
        **{
            "host": "127.0.0.1",
            "port": server.port,
            "name": "main",
            "helo_name": "client.example",
            "timeouts": PATIENT,
            **settings,
        }
    )


@asynccontextmanager
async def started(relays: Relays) -> AsyncIterator[Relays]:
    """Closed in the end."""
    await relays.start()
    try:
        yield relays
    finally:
        await relays.close()


def relays_to(
    server: Listener,
    *,
    breaker: BreakerConfig | None = None,
    clock: Clock | None = None,
    **settings: Any,
) -> AbstractAsyncContextManager[Relays]:
    """A started `Relays` in front of the server, closed in the end."""
    return started(Relays([relay_config(server, **settings)], breaker=breaker, clock=clock))


@asynccontextmanager
async def relays_with_login(
    trust: Trust, **settings: Any
) -> AsyncIterator[tuple[SmtpServer, Relays]]:
    """A server with STARTTLS and a login, and relays in front of it that have all it asks for."""
    async with (
        SmtpServer(tls=trust.server_context(), users={"me": "secret"}) as server,
        relays_to(
            server,
            security=Security.STARTTLS,
            ca_file=trust.ca_file,
            user="me",
            password="secret",
            **settings,
        ) as relays,
    ):
        yield server, relays


def mail(*recipients: str, content: bytes = CONTENT, **envelope: Any) -> Composed:
    chosen = {"sender": "from@example.com", **envelope}
    return Composed(
        Envelope(recipients=recipients or ("to@example.com",), **chosen),
        content,
        "<1@example.com>",
    )


def codes(report: SendReport) -> list[int | None]:
    """The code for each recipient, None for loss or time-out."""
    return [answer.reply.code if answer.reply else None for answer in report.replies]


def only(report: SendReport) -> RecipientReply:
    """The reply for the only recipient."""
    (answer,) = report.replies
    return answer


def lost_in(report: SendReport, phase: Phase) -> bool:
    return all(answer.reply is None and answer.phase is phase for answer in report.replies)


async def left_amid_opening(relays: Relays, server: SmtpServer) -> None:
    """The first connection goes on being opened, while who asked for it is cut off."""
    hold = asyncio.Event()
    server.on("CONNECT", Say("220 hello", when=hold))
    sending = asyncio.create_task(relays.send(mail()))
    await until(lambda: server.sessions, "a connection")
    sending.cancel()
    with pytest.raises(RelayUnavailable, match="cut off while waiting"):
        await sending
    hold.set()


async def cancelled_at_each_turn(
    relays: Relays, server: SmtpServer, most: int
) -> set[tuple[bool, bool]]:
    """Cancel a mail after one turn of the loop, another after two, and so on.

    Each is raised only when nothing was delivered. Whether it was cancelled in time, and whether
    it was delivered, of them all.
    """
    outcomes = set()
    for turns in range(1, most):
        await relays.send(mail())
        subject = b"Subject: %d\r\n\r\n" % turns
        sending = asyncio.create_task(relays.send(mail(content=subject)))
        for _ in range(turns):
            await asyncio.sleep(0)
        cancelled = sending.cancel()
        try:
            report = await sending
        except asyncio.CancelledError:
            delivered = False
            await until(lambda: server.open == 0, "the connection is dropped")
        else:
            assert [250] == codes(report)
            assert 0 == sending.cancelling() or not cancelled
            delivered = True
        assert delivered == (subject in {each.content for each in server.mails})
        outcomes.add((cancelled, delivered))
    return outcomes
