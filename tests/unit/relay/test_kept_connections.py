"""A connection that is kept may be dead, or refuse to go on: what that costs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import Phase
from tests.support.relay_rig import codes, left_amid_opening, lost_in, mail, relays_to
from tests.support.smtp_actions import Leave, Say
from tests.support.smtp_server import FEATURES, STEPWISE, SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner


@pytest.mark.parametrize("features", [FEATURES, STEPWISE], ids=["pipelined", "stepwise"])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "BODY"])
def test_a_kept_connection_that_turns_out_dead_is_replaced_uncounted(
    run: LoopRunner, verb: str, features: tuple[str, ...]
) -> None:
    async def main() -> None:
        async with SmtpServer(features=features) as server, relays_to(server) as relays:
            await relays.send(mail())
            server.on(verb, Leave())
            content = (b"x" * 998 + b"\r\n") * (40_000 if verb == "BODY" else 1)
            assert [250] == codes(await relays.send(mail(content=content)))
            assert 2 == len(server.sessions)
            assert 2 == len(server.mails)

    run(main())


@pytest.mark.parametrize("features", [FEATURES, STEPWISE], ids=["pipelined", "stepwise"])
def test_a_421_first_on_a_kept_connection_is_not_the_messages_matter(
    run: LoopRunner, features: tuple[str, ...]
) -> None:
    async def main() -> None:
        async with SmtpServer(features=features) as server, relays_to(server) as relays:
            await relays.send(mail())
            server.on("MAIL", Say("421 4.4.2 idle for too long", leave=True))
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_a_421_first_to_rset_is_not_the_messages_matter(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no"))
            await relays.send(mail())
            server.on("RSET", Say("421 4.7.0 too many errors", leave=True))
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_a_refused_rset_costs_the_connection_and_nothing_else(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no"))
            await relays.send(mail())
            server.on("RSET", Say("502 5.5.2 what?"))
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)
            assert 1 == len(server.mails)

    run(main())


def test_the_relays_goodbye_while_idle_is_noticed(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await relays.send(mail())
            await server.sessions[0].write(b"421 4.4.2 idle for too long\r\n")
            server.sessions[0].writer.close()
            await until(lambda: relays.states()[0].connections == 0, "it is forgotten")
            assert [250] == codes(await relays.send(mail()))

    run(main())


def test_only_once_more_and_only_on_a_kept_connection(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("MAIL", Leave())
            assert lost_in(await relays.send(mail()), Phase.MAIL)
            assert 1 == len(server.sessions), "a fresh one that breaks is an answer"
            await relays.send(mail())
            server.on("MAIL", Leave(), Leave())
            assert lost_in(await relays.send(mail()), Phase.MAIL)
            assert 3 == len(server.sessions)

    run(main())


def dialling() -> bool:
    return any(task.get_name() == "relay-dial" for task in asyncio.all_tasks())


def test_one_that_was_opened_in_vain_is_as_doubtful_as_any_kept_one(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await left_amid_opening(relays, server)
            await until(lambda: not dialling(), "it is open, for nobody")
            assert "EHLO" in server.verbs
            server.on("MAIL", Leave())
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_a_dead_kept_connection_is_replaced_at_the_bound_too(run: LoopRunner) -> None:
    """The other kept ones may be as dead: a fresh one is opened in the place of one of them."""

    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, connections=2) as relays:
            await asyncio.gather(relays.send(mail()), relays.send(mail()))
            await until(lambda: not dialling(), "both are open, if one for nobody")
            assert 2 == len(server.sessions)
            server.on("MAIL", Leave())
            assert [250] == codes(await relays.send(mail()))
            assert 3 == len(server.sessions)
            assert server.most_open <= 2

    run(main())


def test_a_garbled_reply_is_not_asked_for_again_at_once(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await relays.send(mail())
            server.on("RCPT", Say(b"garbage\r\n"))
            assert lost_in(await relays.send(mail()), Phase.RCPT)
            assert 1 == len(server.sessions)

    run(main())


def test_closed_after_five_transactions_without_delivery(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("RCPT", *[Say("550 5.1.1 no")] * 4)
            for _ in range(4):
                await relays.send(mail())
            await relays.send(mail())
            server.on("RCPT", *[Say("550 5.1.1 no")] * 5)
            for _ in range(5):
                await relays.send(mail())
            assert 1 == len(server.sessions)
            await until(lambda: server.open == 0, "it is closed")
            assert "QUIT" == server.verbs[-1]
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_a_relay_that_restarts_costs_no_message(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await asyncio.gather(*(relays.send(mail()) for _ in range(5)))
            await server.stop()
            await server.listen()
            reports = await asyncio.gather(*(relays.send(mail()) for _ in range(5)))
            assert [[250]] * 5 == [codes(report) for report in reports]

    run(main())
