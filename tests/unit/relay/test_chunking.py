"""BDAT (RFC 3030): when it is used, in what flights, and what a relay makes of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import Phase
from app.flow import ManualClock
from tests.support.relay_rig import (
    QUICK,
    codes,
    lost_in,
    mail,
    only,
    relays_to,
)
from tests.support.smtp_actions import Action, Hang, Leave, ReadNothing, Say, Then
from tests.support.smtp_server import CHUNKING, FEATURES, SmtpServer

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner


BLOCK = 65_536


ENVELOPE = b"MAIL FROM:<from@example.com> SIZE=%d\r\nRCPT TO:<to@example.com>\r\n"


LINE = b".0123456789012345678901234567890123456789012345678901234567890\r\n"


LARGE = LINE * 3_000


HUGE = LINE * 150_000


def wire(server: SmtpServer, session: int = 0) -> bytes:
    """All that was sent after the greeting."""
    return b"".join(server.sessions[session].chunks[1:])


def test_a_small_message_goes_in_one_flight_as_it_is(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            content = b".a\r\n..b\r\n.\r\nc"
            report = await relays.send(mail(content=content))
            assert [250] == codes(report)
            assert Phase.FINAL is only(report).phase
            assert ENVELOPE % 15 + b"BDAT 15 LAST\r\n" + content + b"\r\n" == wire(server)
            assert 2 == len(server.sessions[0].chunks), "EHLO and one flight"
            assert content + b"\r\n" == server.mails[0].content

    run(main())


def test_a_large_message_follows_the_rcpt_replies_in_chunks(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            assert [250] == codes(await relays.send(mail(content=LARGE)))
            assert ENVELOPE % len(LARGE) == server.sessions[0].chunks[1]
            first, second, rest = LARGE[:BLOCK], LARGE[BLOCK : 2 * BLOCK], LARGE[2 * BLOCK :]
            assert wire(server) == (
                (ENVELOPE % len(LARGE))
                + (b"BDAT %d\r\n" % BLOCK + first)
                + (b"BDAT %d\r\n" % BLOCK + second)
                + (b"BDAT %d LAST\r\n" % len(rest) + rest)
            )
            assert LARGE == server.mails[0].content
            assert [250] == codes(await relays.send(mail()))
            assert 1 == len(server.sessions)

    run(main())


def test_without_pipelining_each_chunk_waits_for_the_reply_to_the_one_before(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with SmtpServer(features=("CHUNKING",)) as server, relays_to(server) as relays:
            server.on("CHUNK", Say("250 ok"), Say("452 4.3.1 full"))
            assert [452] == codes(await relays.send(mail(content=LARGE)))
            assert ["EHLO", "MAIL", "RCPT", "BDAT", "BDAT"] == server.verbs
            assert [250] == codes(await relays.send(mail(content=LARGE)))
            assert ["RSET", "MAIL", "RCPT", "BDAT", "BDAT", "BDAT"] == server.verbs[5:]
            assert [LARGE] == [each.content for each in server.mails]

    run(main())


def test_after_five_seconds_of_rest_the_body_follows_the_rcpt_replies(run: LoopRunner) -> None:
    """A relay that has closed it meanwhile has not got the whole message then."""

    async def main() -> None:
        clock = ManualClock()
        async with (
            SmtpServer(features=CHUNKING) as server,
            relays_to(server, clock=clock) as relays,
        ):
            await relays.send(mail())
            clock.advance(5.0)
            await relays.send(mail())
            clock.advance(5.1)
            await relays.send(mail())
            flights = server.sessions[0].chunks[1:]
            assert [True, True, False] == [b"BDAT" in each for each in flights[:3]]
            assert flights[3].startswith(b"BDAT 32 LAST\r\n")
            assert 4 == len(flights)

    run(main())


def test_after_a_failure_the_flight_begins_with_rset_and_the_body_follows(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            server.on("DOT", Say("451 4.3.0 later"))
            assert [451] == codes(await relays.send(mail()))
            assert [250] == codes(await relays.send(mail()))
            assert b"RSET\r\n" + ENVELOPE % 32 == server.sessions[0].chunks[2]
            assert 1 == len(server.sessions)

    run(main())


def test_a_reply_to_bdat_is_ignored_when_all_recipients_are_refused(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no"), Say("450 4.2.0 later"))
            report = await relays.send(mail("a@x.example", "b@x.example"))
            assert [550, 450] == codes(report)
            assert [250] == codes(await relays.send(mail()))
            assert ["EHLO", "MAIL", "RCPT", "RCPT", "BDAT", "RSET"] == server.verbs[:6]
            assert 1 == len(server.sessions), "its state is known"
            assert 1 == len(server.mails)
            assert "BDAT" in server.verbs[6:], "503 does not mean that BDAT is unknown"

    run(main())


def test_a_refused_mail_answers_everybody(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            server.on("MAIL", Say("553 5.1.8 no"))
            report = await relays.send(mail("a@x.example", "b@x.example"))
            assert [553, 553] == codes(report)
            assert {Phase.MAIL} == {answer.phase for answer in report.replies}
            assert [250] == codes(await relays.send(mail()))
            assert 1 == len(server.sessions)

    run(main())


def test_the_last_reply_judges_only_who_was_accepted(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            server.on("RCPT", Say("550-5.1.1 no\r\n550 5.1.1 never"))
            server.on("DOT", Say("554 5.6.0 bad"))
            report = await relays.send(mail("a@x.example", "b@x.example"))
            assert [550, 554] == codes(report)
            assert [Phase.RCPT, Phase.FINAL] == [answer.phase for answer in report.replies]

    run(main())


def test_recipients_too_many_for_one_transaction_go_at_once_in_another(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            server.refuse_recipients_above(2, "452 4.5.3 too many")
            addresses = [f"u{n}@example.com" for n in range(4)]
            assert [250] * 4 == codes(await relays.send(mail(*addresses)))
            assert [addresses[:2], addresses[2:]] == [each.recipients for each in server.mails]

    run(main())


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    "action",
    [
        Say("500 5.5.2 what?"),
        Say("502 5.5.1 not here"),
        Say("503 5.5.1 not now"),
        Say("504 5.5.4 not so"),
        Say(b"\x00\xff\x16\x03 hello\r\n"),
        Say("354 go on"),
    ],
    ids=["500", "502", "503", "504", "garbage", "354"],
)
def test_who_does_not_follow_bdat_gets_the_message_by_data_at_once(
    run: LoopRunner, action: Action, pipelining: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """It takes the message for commands, so that the connection is of no use any more."""

    async def main() -> None:
        features = CHUNKING if pipelining else ("CHUNKING",)
        async with SmtpServer(features=features) as server, relays_to(server) as relays:
            server.always("BDAT", action)
            server.on("RCPT", Say("550 5.1.1 no"))
            report = await relays.send(mail("a@x.example", "b@x.example"))
            assert [250, 250] == codes(report), "what the broken connection said is forgotten"
            assert mail().content == server.mails[0].content
            assert 2 == len(server.sessions)
            assert [250] == codes(await relays.send(mail()))
            assert 1 == server.verbs.count("BDAT"), "it is remembered"

    with caplog.at_level(logging.WARNING):
        run(main())
    assert 1 == caplog.text.count("does not follow BDAT")


def test_garbage_from_who_has_done_bdat_before_may_hide_a_delivery(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            await relays.send(mail())
            server.on("DOT", Say("hello?"))
            assert lost_in(await relays.send(mail()), Phase.FINAL)
            assert 2 == server.verbs.count("BDAT")
            await relays.send(mail())
            assert 3 == server.verbs.count("BDAT")

    run(main())


def test_who_was_never_seen_to_answer_bdat_is_asked_twice(run: LoopRunner) -> None:
    async def main() -> None:
        async with (
            SmtpServer(features=CHUNKING) as server,
            relays_to(server, timeouts=QUICK) as relays,
        ):
            server.on("BDAT", Leave(), Hang())
            assert lost_in(await relays.send(mail()), Phase.FINAL)
            assert lost_in(await relays.send(mail()), Phase.FINAL)
            assert [250] == codes(await relays.send(mail()))
            assert ["MAIL", "RCPT", "DATA"] == server.sessions[2].verbs[1:4]

    run(main())


def test_all_refused_by_who_does_not_know_bdat_is_an_answer(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no")).on("BDAT", Say("502 5.5.1 what?"))
            assert [550] == codes(await relays.send(mail()))
            assert 1 == server.verbs.count("MAIL")
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)
            assert 1 == server.verbs.count("BDAT")

    run(main())


def test_a_refused_chunk_ends_the_message_and_keeps_the_connection(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            server.on("CHUNK", Say("250 ok"), Say("452 4.3.1 full"))
            answer = only(await relays.send(mail(content=LARGE)))
            assert answer.reply is not None
            assert 452 == answer.reply.code
            assert answer.phase in {Phase.DATA, Phase.FINAL}
            server.mails.clear()
            assert [250] == codes(await relays.send(mail()))
            assert [mail().content] == [each.content for each in server.mails]
            assert 1 == len(server.sessions)

    run(main())


def test_a_chunk_refused_unread_costs_the_connection(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=CHUNKING) as server, relays_to(server) as relays:
            await relays.send(mail())
            refusal = Then(Say("552 5.3.4 too large"), ReadNothing())
            server.on("CHUNK", Say("250 ok")).on("BDAT", Then(Say("250 ok"), refusal))
            answer = only(await relays.send(mail(content=HUGE)))
            assert answer.reply is not None
            assert (Phase.DATA, 552) == (answer.phase, answer.reply.code)
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_who_does_not_offer_it_is_not_asked(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=FEATURES) as server, relays_to(server) as relays:
            await relays.send(mail())
            assert "BDAT" not in server.verbs

    run(main())
