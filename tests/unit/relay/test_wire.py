"""The exact octets on the wire, in every manner of speaking, and what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.relay_rig import codes, mail, relays_to
from tests.support.smtp_actions import Say
from tests.support.smtp_server import CHUNKING, FEATURES, STEPWISE, SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner


CONTENT = b"Subject: x\r\n\r\n.dot\r\n..\r\nend"
BODY = b"Subject: x\r\n\r\n..dot\r\n...\r\nend\r\n.\r\n"
SIZE = len(CONTENT) + 2
MAIL = b"MAIL FROM:<from@example.com> SIZE=%d\r\n" % SIZE
RCPT = b"RCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n"
FIRST, SECOND = RCPT.splitlines(keepends=True)
BDAT = b"BDAT %d LAST\r\n%b\r\n" % (SIZE, CONTENT)

MANNERS = {"pipelining": FEATURES, "step by step": STEPWISE, "chunking": CHUNKING}
FLIGHTS = {
    "pipelining": [MAIL + RCPT + b"DATA\r\n", BODY],
    "step by step": [MAIL, FIRST, SECOND, b"DATA\r\n", BODY],
    "chunking": [MAIL + RCPT + BDAT],
}
AFTER_A_FAILURE = {
    "pipelining": [b"RSET\r\n" + MAIL + RCPT + b"DATA\r\n", BODY],
    "step by step": [b"RSET\r\n", MAIL, FIRST, SECOND, b"DATA\r\n", BODY],
    "chunking": [b"RSET\r\n" + MAIL + RCPT, BDAT],
}
ALL_REFUSED = {
    "pipelining": [MAIL + RCPT + b"DATA\r\n"],
    "step by step": [MAIL, FIRST, SECOND],
    "chunking": [MAIL + RCPT + BDAT],
}


@pytest.mark.parametrize("manner", MANNERS)
def test_each_flight_leaves_in_one_piece(run: LoopRunner, manner: str) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            composed = mail("a@example.com", "b@example.com", content=CONTENT)
            assert [250, 250] == codes(await relays.send(composed))
            flights = server.sessions[0].chunks[1:]
            assert FLIGHTS[manner] == flights
            assert CONTENT + b"\r\n" == server.mails[0].content
            assert [250, 250] == codes(await relays.send(composed))
            assert FLIGHTS[manner] * 2 == server.sessions[0].chunks[1:]

    run(main())


@pytest.mark.parametrize("manner", MANNERS)
def test_rset_leads_after_a_failure(run: LoopRunner, manner: str) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            composed = mail("a@example.com", "b@example.com", content=CONTENT)
            server.on("DOT", Say("451 4.3.0 later"))
            assert [451, 451] == codes(await relays.send(composed))
            assert [250, 250] == codes(await relays.send(composed))
            assert FLIGHTS[manner] + AFTER_A_FAILURE[manner] == server.sessions[0].chunks[1:]

    run(main())


@pytest.mark.parametrize("manner", MANNERS)
def test_nothing_more_is_said_once_all_are_refused(run: LoopRunner, manner: str) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            composed = mail("a@example.com", "b@example.com", content=CONTENT)
            server.on("RCPT", Say("550-5.1.1 no\r\n550 5.1.1 no"), Say("450 4.2.0 later"))
            assert [550, 450] == codes(await relays.send(composed))
            assert ALL_REFUSED[manner] == server.sessions[0].chunks[1:]
            assert [250, 250] == codes(await relays.send(composed))
            assert 1 == len(server.sessions)

    run(main())


@pytest.mark.parametrize("manner", MANNERS)
@pytest.mark.parametrize("verb", ["MAIL", "RCPT"])
def test_a_reply_too_many_is_never_the_answer_to_what_follows(
    run: LoopRunner, verb: str, manner: str
) -> None:
    """Were it counted, a refused message would pass for delivered."""

    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            for each in ("MAIL", "RCPT"):
                server.always(each, Say(b"250 ok\r\n250 ok\r\n" if each == verb else "250 ok"))
            server.always("DATA", Say("354 go on"))
            server.always("BDAT", Say("554 5.6.0 never"))
            assert [None] == codes(await relays.send(mail()))
            await until(lambda: server.open == 0, "the connection is closed")

    run(main())


@pytest.mark.parametrize("manner", MANNERS)
def test_replies_of_several_lines_each_find_their_command(run: LoopRunner, manner: str) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            server.on("RCPT", Say("550-5.7.1 a\r\n550-5.7.1 b\r\n550 5.7.1 c", drip=0.0005))
            server.on("RCPT", Say("450-4.2.0 a\r\n450 4.2.0 b"))
            server.on("DOT", Say("250-2.0.0 taken\r\n250 2.0.0 queued as 7", drip=0.0005))
            report = await relays.send(mail("a@x.example", "b@x.example", "c@x.example"))
            texts = [answer.reply and str(answer.reply) for answer in report.replies]
            assert ["550 5.7.1 a b c", "450 4.2.0 a b", "250 2.0.0 taken queued as 7"] == texts

    run(main())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_farewell_right_behind_the_last_reply_takes_nothing_back(
    run: LoopRunner, manner: str
) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            server.on("DOT", Say(b"250 2.0.0 taken\r\n421 4.3.2 enough for now\r\n", leave=True))
            assert [250] == codes(await relays.send(mail()))
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


@pytest.mark.parametrize("manner", MANNERS)
def test_a_reply_too_many_behind_the_last_is_not_kept_for_the_next_message(
    run: LoopRunner, manner: str
) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            server.on("DOT", Say(b"250 2.0.0 taken\r\n250 2.0.0 taken\r\n"))
            first = codes(await relays.send(mail()))
            # In one flight it could be that one of the replies before was too many.
            assert ([None] if manner == "chunking" else [250]) == first
            await until(lambda: server.open == 0, "the connection is closed")
            server.on("DOT", Say("554 5.6.0 never"))
            assert [554] == codes(await relays.send(mail()))

    run(main())
