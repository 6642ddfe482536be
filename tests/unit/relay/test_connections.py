"""Connections are kept while they are of use, and never more than allowed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.smtp import RelayUnavailable
from app.flow import ManualClock
from tests.support.relay_rig import codes, left_amid_opening, mail, relays_to
from tests.support.smtp_actions import Action, Hang, Leave, Say
from tests.support.smtp_server import FEATURES, STEPWISE, SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner


def test_nothing_is_opened_before_there_is_something_to_send(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            assert 0.0 == relays.ready_in()
            assert 0 == relays.states()[0].connections
            assert [] == server.sessions

    run(main())


def test_a_connection_is_used_again_without_rset(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            for _ in range(20):
                assert [250] == codes(await relays.send(mail()))
            assert ["EHLO", *["MAIL", "RCPT", "DATA"] * 20] == server.verbs
            assert 1 == relays.states()[0].connections

    run(main())


@pytest.mark.parametrize("features", [FEATURES, STEPWISE], ids=["pipelined", "stepwise"])
def test_rset_comes_only_after_a_failure(run: LoopRunner, features: tuple[str, ...]) -> None:
    async def main() -> None:
        async with SmtpServer(features=features) as server, relays_to(server) as relays:
            server.on("MAIL", Say("451 4.3.0 later"))
            assert [451] == codes(await relays.send(mail()))
            assert [250] == codes(await relays.send(mail()))
            assert [250] == codes(await relays.send(mail()))
            assert 1 == server.verbs.count("RSET")
            assert 1 == len(server.sessions)
            if features is FEATURES:
                flight = server.sessions[0].chunks[2]
                assert flight.startswith(b"RSET\r\nMAIL FROM"), "in one flight with the next MAIL"

    run(main())


def test_several_are_opened_as_load_asks_within_the_bound(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, connections=3) as relays:
            hold = asyncio.Event()
            server.always("CONNECT", Say("220 hello", when=hold))
            sends = [asyncio.create_task(relays.send(mail())) for _ in range(12)]
            await until(lambda: len(server.sessions) == 3, "three connections")
            hold.set()
            assert [[250]] * 12 == [codes(report) for report in await asyncio.gather(*sends)]
            assert 3 == server.most_open
            assert 3 == len(server.sessions)

    run(main())


def test_the_bound_holds_while_connections_break_and_are_renewed(run: LoopRunner) -> None:
    async def main() -> None:
        async with (
            SmtpServer() as server,
            relays_to(server, connections=2, max_messages=3) as relays,
        ):
            faults: list[Action] = [Leave(), Say("421 4.3.2 bye", leave=True)]
            server.on("DOT", *faults * 5)
            reports = await asyncio.gather(*(relays.send(mail()) for _ in range(60)))
            answers = [code for report in reports for code in codes(report)]
            assert (50, 5, 5) == (answers.count(250), answers.count(None), answers.count(421))
            assert server.most_open <= 2
            assert 2 == relays.states()[0].connections or len(server.sessions) > 10

    run(main())


def test_who_is_cancelled_while_waiting_takes_nobodys_connection(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, connections=1) as relays:
            hold = asyncio.Event()
            server.on("DOT", Say("250 2.0.0 ok", when=hold))
            first = asyncio.create_task(relays.send(mail()))
            await until(lambda: "DATA" in server.verbs, "the first is at work")
            second = asyncio.create_task(relays.send(mail()))
            third = asyncio.create_task(relays.send(mail()))
            await asyncio.sleep(0)
            second.cancel()
            hold.set()
            assert [250] == codes(await first)
            assert [250] == codes(await third)
            with pytest.raises(RelayUnavailable, match="cut off while waiting"):
                await second

    run(main())


def test_a_connection_whose_caller_went_away_is_kept_for_the_next(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await left_amid_opening(relays, server)
            assert [250] == codes(await relays.send(mail()))
            assert 1 == len(server.sessions)

    run(main())


@pytest.mark.parametrize("setting", [{"max_messages": 2}, {"max_age_s": 60.0}])
def test_a_connection_is_renewed_after_so_many_messages_or_seconds(
    run: LoopRunner, setting: dict[str, Any]
) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with SmtpServer() as server, relays_to(server, clock=clock, **setting) as relays:
            await relays.send(mail())
            await relays.send(mail())
            assert 1 == len(server.sessions)
            clock.advance(61)
            await relays.send(mail())
            assert 2 == len(server.sessions)
            await until(lambda: server.sessions[0].over, "the first is closed")
            assert "QUIT" == server.sessions[0].verbs[-1]

    run(main())


def test_an_idle_connection_is_closed_politely(run: LoopRunner) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with SmtpServer() as server, relays_to(server, clock=clock, idle_s=30.0) as relays:
            await relays.send(mail())
            clock.advance(29)
            assert not server.sessions[0].over
            clock.advance(2)
            await until(lambda: server.sessions[0].over, "it is closed")
            assert "QUIT" == server.verbs[-1]
            await until(lambda: relays.states()[0].connections == 0, "it is no longer counted")

    run(main())


def test_surplus_connections_fall_idle(run: LoopRunner) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with SmtpServer() as server, relays_to(server, clock=clock, idle_s=30.0) as relays:
            await asyncio.gather(*(relays.send(mail()) for _ in range(3)))
            while server.open > 1:
                clock.advance(10)
                await relays.send(mail())
            assert len(server.sessions) <= 3

    run(main())


def test_closing_says_quit(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server:
            async with relays_to(server) as relays:
                await relays.send(mail())
            assert "QUIT" == server.verbs[-1]
            with pytest.raises(RelayUnavailable, match="shutting down"):
                await relays.send(mail())

    run(main())


def test_closing_ends_those_who_wait(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, connections=1) as relays:
            server.on("CONNECT", Hang())
            sends = [asyncio.create_task(relays.send(mail())) for _ in range(2)]
            await until(lambda: server.sessions, "a connection")
            await relays.close()
            results = await asyncio.gather(*sends, return_exceptions=True)
            assert [RelayUnavailable] * 2 == [type(each) for each in results]

    run(main())


def test_a_quit_without_answer_holds_nothing_up_for_long(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server:
            async with relays_to(server) as relays:
                await relays.send(mail())
                server.on("QUIT", Hang())
            await until(lambda: server.open == 0, "it is closed")

    run(main(), within=5.0)
