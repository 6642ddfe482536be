"""BDAT: a connection that is lost or a mail that is cancelled amid it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import Phase
from tests.support.relay_rig import (
    PATIENT,
    QUICK,
    cancelled_at_each_turn,
    codes,
    lost_in,
    mail,
    relays_to,
)
from tests.support.smtp_actions import Action, Hang, Leave, ReadNothing, Say
from tests.support.smtp_server import CHUNKING, SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner

HUGE = b".0123456789012345678901234567890123456789012345678901234567890\r\n" * 150_000
"""More than fits between us and a relay that does not read."""


@pytest.mark.parametrize(
    "lost",
    [Leave(), Leave(reset=True), ReadNothing(), Say("what?")],
    ids=["close", "reset", "time-out", "garbage"],
)
def test_a_loss_among_the_chunks_is_before_the_last_octet(run: LoopRunner, lost: Action) -> None:
    async def main() -> None:
        quick = replace(PATIENT, block=0.3)
        async with (
            SmtpServer(features=CHUNKING) as server,
            relays_to(server, timeouts=quick) as relays,
        ):
            await relays.send(mail())
            server.on("CHUNK", lost)
            report = await relays.send(mail(content=HUGE))
            if isinstance(lost, Leave):
                assert [250] == codes(report), "a kept connection that ends is no trouble"
            else:
                assert lost_in(report, Phase.BODY), report

    run(main())


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "BDAT", "DOT"])
@pytest.mark.parametrize(
    "lost", [Leave(), Leave(reset=True), Hang()], ids=["close", "reset", "time-out"]
)
def test_once_the_flight_is_out_a_loss_is_after_the_last_octet(
    run: LoopRunner, verb: str, lost: Action
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(features=CHUNKING) as server,
            relays_to(server, timeouts=QUICK) as relays,
        ):
            server.on(verb, lost)
            assert lost_in(await relays.send(mail()), Phase.FINAL)
            assert 1 == server.verbs.count("MAIL"), "never at once again"

    run(main())


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "BDAT", "DOT"])
def test_a_421_is_an_answer_and_to_mail_on_a_kept_connection_none(
    run: LoopRunner, verb: str
) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            await relays.send(mail())
            server.on(verb, Say("421 4.3.2 bye", leave=True))
            assert [250 if verb == "MAIL" else 421] == codes(await relays.send(mail()))
            assert (2 if verb == "MAIL" else 1) == len(server.mails)

    run(main())


def test_cancelled_at_any_moment_it_is_raised_only_when_nothing_was_delivered(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            outcomes = await cancelled_at_each_turn(relays, server, 25)
            assert (True, True) in outcomes

    run(main())


def test_cancelled_before_the_relay_balks_it_is_not_sent_again(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            answer = asyncio.Event()
            server.on("BDAT", Say("502 5.5.1 what?", when=answer))
            sending = asyncio.create_task(relays.send(mail()))
            await until(lambda: "BDAT" in server.verbs, "BDAT arrives")
            sending.cancel()
            await asyncio.sleep(0)
            answer.set()
            assert [502] == codes(await sending)
            assert 1 == server.verbs.count("MAIL")

    run(main())
