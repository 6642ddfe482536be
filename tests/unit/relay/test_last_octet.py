"""The last octet of the message divides what may be repeated from what may be delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.smtp import Phase, RelayUnavailable
from app.relay import Relays, Security
from tests.support.relay_rig import (
    QUICK,
    cancelled_at_each_turn,
    codes,
    lost_in,
    mail,
    only,
    relays_to,
)
from tests.support.smtp_actions import Hang, Leave, ReadNothing, Say
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.relay_rig import LoopRunner, Trust

LARGE = b"x" * 998 + b"\r\n"
Channel = Callable[..., AbstractAsyncContextManager[tuple[SmtpServer, Relays]]]


@pytest.fixture(params=["plain", "starttls"])
def channel(request: pytest.FixtureRequest, trust: Trust) -> Channel:
    """A server and relays in front of it, that speak in the clear and under TLS."""

    @asynccontextmanager
    async def channel(**settings: Any) -> AsyncIterator[tuple[SmtpServer, Relays]]:
        if request.param == "starttls":
            server = SmtpServer(tls=trust.server_context())
            settings |= {"security": Security.STARTTLS, "ca_file": trust.ca_file}
        else:
            server = SmtpServer()
            settings |= {"security": Security.AUTO}
        async with server, relays_to(server, **settings) as relays:
            yield server, relays

    return channel


def has_all(server: SmtpServer) -> bool:
    return bool(server.sessions) and b"".join(server.sessions[-1].chunks).endswith(b"\r\n.\r\n")


def test_a_loss_after_the_last_octet_is_final(run: LoopRunner, channel: Channel) -> None:
    async def main() -> None:
        async with channel() as (server, relays):
            server.on("DOT", Leave(reset=True))
            assert lost_in(await relays.send(mail()), Phase.FINAL)
            assert 1 == server.verbs.count("DATA"), "never at once again"

    run(main())


def test_octets_that_the_kernel_did_not_take_are_not_the_last(
    run: LoopRunner, channel: Channel
) -> None:
    """The relay reads nothing: the message is larger than what fits between us."""

    async def main() -> None:
        async with channel(timeouts=QUICK) as (server, relays):
            server.on("BODY", ReadNothing())
            assert lost_in(await relays.send(mail(content=LARGE * 20_000)), Phase.BODY)

    run(main())


def test_octets_that_the_kernel_took_count_as_written(run: LoopRunner, channel: Channel) -> None:
    """The relay reads nothing: the message fits into the socket."""

    async def main() -> None:
        async with channel(timeouts=QUICK) as (server, relays):
            server.on("BODY", ReadNothing())
            assert lost_in(await relays.send(mail()), Phase.FINAL)

    run(main())


def test_cancelled_before_the_last_octet_the_connection_is_dropped(
    run: LoopRunner, channel: Channel
) -> None:
    async def main() -> None:
        async with channel() as (server, relays):
            go_on = asyncio.Event()
            server.on("BODY", ReadNothing(go_on))
            sending = asyncio.create_task(relays.send(mail(content=LARGE * 20_000)))
            await until(lambda: "DATA" in server.verbs, "DATA is said")
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            go_on.set()
            await until(lambda: server.open == 0, "the connection is closed")
            assert [] == server.mails
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_cancelled_at_any_moment_it_is_raised_only_when_nothing_was_delivered(
    run: LoopRunner, channel: Channel
) -> None:
    """Server and client share a loop, so that its turns are all the moments there are."""

    async def main() -> None:
        async with channel() as (server, relays):
            outcomes = await cancelled_at_each_turn(relays, server, 40)
            assert {(True, False), (True, True)} <= outcomes

    run(main())


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
def test_cancelled_before_mail_nothing_was_attempted(run: LoopRunner, verb: str) -> None:
    """Told as any trouble before MAIL; the task stays cancelled, so that its owner can tell."""

    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on(verb, Hang())
            sending = asyncio.create_task(relays.send(mail()))
            await until(lambda: verb in ["CONNECT", *server.verbs] and server.open, verb)
            sending.cancel()
            with pytest.raises(RelayUnavailable, match="cut off while waiting"):
                await sending
            assert 1 == sending.cancelling()
            assert [] == server.mails

    run(main())


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
def test_cancelled_before_the_message_nothing_is_delivered(run: LoopRunner, verb: str) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on(verb, Hang())
            sending = asyncio.create_task(relays.send(mail()))
            await until(lambda: verb in server.verbs, f"{verb} arrives")
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
            assert [] == server.mails

    run(main())


def test_cancelled_after_the_last_octet_the_reply_is_waited_for(
    run: LoopRunner, channel: Channel
) -> None:
    async def main() -> None:
        async with channel() as (server, relays):
            answer = asyncio.Event()
            server.on("DOT", Say("250 2.0.0 queued", when=answer))
            sending = asyncio.create_task(relays.send(mail()))
            await until(lambda: has_all(server), "the message arrives")
            for _ in range(3):
                sending.cancel()
                await asyncio.sleep(0)
            answer.set()
            assert [250] == codes(await sending)
            assert not sending.cancelled()
            assert 0 == sending.cancelling(), "a swallowed cancellation is taken back"
            assert [250] == codes(await relays.send(mail()))
            assert 1 == len(server.sessions), "the connection is as good as before"

    run(main())


def test_a_time_limit_around_a_send_does_not_hide_what_the_relay_said(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            answer = asyncio.Event()
            server.on("DOT", Say("250 2.0.0 queued", when=answer))
            asyncio.get_running_loop().call_later(0.3, answer.set)
            async with asyncio.timeout(0.15):
                report = await relays.send(mail())
            assert [250] == codes(report)

    run(main())


def test_after_the_last_octet_only_the_dot_time_out_ends_the_wait(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, timeouts=QUICK) as relays:
            server.on("DOT", Hang())
            sending = asyncio.create_task(relays.send(mail()))
            await until(lambda: has_all(server), "the message arrives")
            sending.cancel()
            report = await sending
            assert lost_in(report, Phase.FINAL)
            assert "no answer in time" == only(report).detail

    run(main())


def test_cancelled_after_a_first_delivery_the_rest_is_reported_as_not_sent(
    run: LoopRunner,
) -> None:
    """Were it raised, the recipients of the first transaction would get the mail again."""

    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            sending = asyncio.create_task(
                relays.send(mail(*(f"u{n}@example.com" for n in range(150))))
            )
            # Server and client share the loop: this cannot miss the first of two transactions.
            await until(lambda: "MAIL" in server.verbs, "the first transaction", every=0)
            server.always("MAIL", ReadNothing())
            await until(lambda: server.verbs.count("MAIL") == 2, "the second transaction")
            sending.cancel()
            report = await sending
            assert [250] * 100 + [None] * 50 == codes(report)
            assert 0 == sending.cancelling()
            assert 1 == len(server.mails)

    run(main())


def test_cancelled_while_waiting_for_the_next_connection_the_delivered_are_reported(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, max_messages=1) as relays:
            server.on("CONNECT", Say("220 hello"), Hang())
            sending = asyncio.create_task(
                relays.send(mail(*(f"u{n}@example.com" for n in range(150))))
            )
            await until(lambda: len(server.sessions) == 2, "the second connection")
            sending.cancel()
            assert [250] * 100 + [None] * 50 == codes(await sending)
            assert 0 == sending.cancelling()

    run(main())


def test_closing_cuts_off_what_is_being_sent(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("DOT", Hang())
            sending = asyncio.create_task(relays.send(mail()))
            await until(lambda: has_all(server), "the message arrives")
            await relays.close()
            assert lost_in(await sending, Phase.FINAL)

    run(main())
