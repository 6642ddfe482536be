from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import Phase
from app.relay import Security
from tests.support.relay_rig import codes, mail, only, relays_to
from tests.support.smtp_actions import Say
from tests.support.smtp_server import FEATURES, STEPWISE, SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner, Trust


@pytest.mark.parametrize("security", ["plain", "starttls", "tls"])
@pytest.mark.parametrize("features", [FEATURES, STEPWISE], ids=["pipelined", "stepwise"])
def test_delivers_to_every_recipient_over_any_protection(
    run: LoopRunner, trust: Trust, security: str, features: tuple[str, ...]
) -> None:
    async def main() -> None:
        context = None if security == "plain" else trust.server_context()
        async with (
            SmtpServer(features=features, tls=context, implicit_tls=security == "tls") as server,
            relays_to(
                server,
                security=Security.AUTO if security == "plain" else Security(security),
                ca_file=trust.ca_file,
            ) as relays,
        ):
            report = await relays.send(mail("a@example.com", "b@example.com"))
            assert [250, 250] == codes(report)
            assert {Phase.FINAL} == {answer.phase for answer in report.replies}
            assert "main" == report.relay
            (received,) = server.mails
            assert "from@example.com" == received.sender
            assert ["a@example.com", "b@example.com"] == received.recipients
            assert mail().content == received.content
            assert server.sessions[0].tls == (security != "plain")

    run(main())


def test_asks_in_one_flight_where_pipelining_is_offered(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await relays.send(mail("a@example.com", "b@example.com"))
            flights = [chunk for chunk in server.sessions[0].chunks if chunk.startswith(b"MAIL")]
            envelope = b"MAIL FROM:<from@example.com> SIZE=32\r\n"
            envelope += b"RCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n"
            assert [envelope] == flights

    run(main())


def test_asks_step_by_step_where_it_is_not(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=STEPWISE) as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no"), Say("550 5.1.1 no"))
            report = await relays.send(mail("a@example.com", "b@example.com"))
            assert [550, 550] == codes(report)
            assert ["EHLO", "MAIL", "RCPT", "RCPT"] == server.verbs

    run(main())


def test_doubles_dots_and_ends_the_last_line(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await relays.send(mail(content=b".a\r\n..b\r\n.\r\nc"))
            assert b".a\r\n..b\r\n.\r\nc\r\n" == server.mails[0].content

    run(main())


def test_large_messages_arrive_whole(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        content = b"0123456789\r\n" * 300_000
        for tls in (None, trust.server_context()):
            async with (
                SmtpServer(tls=tls) as server,
                relays_to(
                    server,
                    security=Security.STARTTLS if tls else Security.AUTO,
                    ca_file=trust.ca_file,
                ) as relays,
            ):
                assert [250] == codes(await relays.send(mail(content=content)))
                assert content == server.mails[0].content

    run(main())


def test_each_recipient_gets_the_reply_that_decides_for_it(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("RCPT", Say("250 ok"), Say("550 5.1.1 no"), Say("450-4.2.0 a\r\n450 4.2.0 b"))
            report = await relays.send(mail("a@x.example", "b@x.example", "c@x.example"))
            first, second, third = report.replies
            # The scripted 250 is not known to the server as an accepted recipient.
            assert (Phase.DATA, 554) == (first.phase, first.reply and first.reply.code)
            assert second.reply is not None
            assert (Phase.RCPT, 550, "5.1.1", "no") == (
                second.phase,
                second.reply.code,
                second.reply.enhanced,
                second.reply.text,
            )
            assert third.reply is not None
            assert (450, "4.2.0", "a b") == (
                third.reply.code,
                third.reply.enhanced,
                third.reply.text,
            )

    run(main())


def test_the_final_reply_judges_only_who_was_accepted(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no"))
            server.on("DOT", Say("451 4.3.0 later"))
            report = await relays.send(mail("a@x.example", "b@x.example"))
            assert [550, 451] == codes(report)
            assert [Phase.RCPT, Phase.FINAL] == [answer.phase for answer in report.replies]

    run(main())


def test_a_relay_that_wants_the_message_without_recipients_gets_a_lone_dot(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no")).on("DATA", Say("354 go on"))
            assert Phase.RCPT is only(await relays.send(mail())).phase
            assert "." == server.commands[-1]
            assert [250] == codes(await relays.send(mail()))
            assert 1 == len(server.sessions)
            assert 1 == len(server.mails)

    run(main())


def test_size_is_checked_before_anything_is_said(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer(features=("SIZE 100",)) as server, relays_to(server) as relays:
            answer = only(await relays.send(mail(content=b"x" * 99 + b"\r\n")))
            assert answer.reply is not None
            assert (Phase.MAIL, 552, "5.3.4") == (
                answer.phase,
                answer.reply.code,
                answer.reply.enhanced,
            )
            assert "MAIL" not in server.verbs
            assert [250] == codes(await relays.send(mail(content=b"x" * 98 + b"\r\n")))

    run(main())


def test_smtputf8_is_asked_for_where_offered_and_refused_where_not(run: LoopRunner) -> None:
    async def main() -> None:
        composed = mail("jürgen@example.com", smtputf8=True)
        async with SmtpServer() as server, relays_to(server) as relays:
            assert [250] == codes(await relays.send(composed))
            assert server.commands[1].endswith(" SMTPUTF8")
            assert ["jürgen@example.com"] == server.mails[0].recipients
        async with SmtpServer(features=("PIPELINING",)) as server, relays_to(server) as relays:
            answer = only(await relays.send(composed))
            assert answer.reply is not None
            assert (550, "5.6.7") == (answer.reply.code, answer.reply.enhanced)
            assert ["EHLO"] == server.verbs

    run(main())


def test_envid_names_the_message_where_dsn_is_offered(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await relays.send(mail(envid="a+b c"))
            assert server.commands[1].endswith(" ENVID=a+2Bb+20c")

    run(main())


def test_the_null_sender_is_passed_on(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            await relays.send(mail(sender=""))
            assert server.commands[1].startswith("MAIL FROM:<>")

    run(main())


@pytest.mark.parametrize("address", ["a@x.example>\r\nRCPT TO:<b@x.example", "ü@x.example"])
def test_an_address_that_cannot_stand_in_a_command_is_refused(
    run: LoopRunner, address: str
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            with pytest.raises(ValueError, match="an envelope address") as caught:
                await relays.send(mail(address))
            assert "x.example" not in str(caught.value)
            assert "MAIL" not in server.verbs
            assert [250] == codes(await relays.send(mail()))
            assert 1 == len(server.sessions)

    run(main())


def test_at_most_100_recipients_a_transaction(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            addresses = [f"u{n}@example.com" for n in range(250)]
            report = await relays.send(mail(*addresses))
            assert [250] * 250 == codes(report)
            assert addresses == [answer.address for answer in report.replies]
            assert [100, 100, 50] == [len(each.recipients) for each in server.mails]
            assert 1 == len(server.sessions)

    run(main())


@pytest.mark.parametrize("words", ["452 4.5.3 too many", "552 5.5.3 too many"])
def test_recipients_too_many_for_one_transaction_go_at_once_in_another(
    run: LoopRunner, words: str
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            addresses = [f"u{n}@example.com" for n in range(4)]
            server.refuse_recipients_above(2, words)
            report = await relays.send(mail(*addresses))
            assert [250] * 4 == codes(report)
            assert [addresses[:2], addresses[2:]] == [each.recipients for each in server.mails]

    run(main())


def test_too_many_for_the_very_first_recipient_is_an_answer(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.always("RCPT", Say("452 4.5.3 too many"))
            report = await relays.send(mail("a@x.example", "b@x.example"))
            assert [452, 452] == codes(report)
            assert 1 == server.verbs.count("MAIL")

    run(main())


def test_trouble_ends_the_send_and_spares_the_later_transactions(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("DOT", Say("421 4.7.0 slow down", leave=True))
            report = await relays.send(mail(*(f"u{n}@example.com" for n in range(150))))
            assert [421] * 150 == codes(report)
            assert [Phase.FINAL] * 100 + [Phase.MAIL] * 50 == [
                answer.phase for answer in report.replies
            ]
            assert 1 == server.verbs.count("MAIL")

    run(main())


def test_what_was_delivered_is_reported_when_the_relay_is_gone_for_the_rest(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, max_messages=1) as relays:
            server.on("QUIT", Say("221 bye", leave=True))
            server.on("CONNECT", Say("220 hello"), Say("554 5.3.2 no more", leave=True))
            report = await relays.send(mail(*(f"u{n}@example.com" for n in range(101))))
            assert [250] * 100 + [None] == codes(report)
            await until(lambda: server.open == 0, "the connections are closed")

    run(main())


def test_greets_with_the_hosts_name_unless_told_another(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server:
            for helo_name in ("client.example", None):
                async with relays_to(server, helo_name=helo_name) as relays:
                    assert [250] == codes(await relays.send(mail()))
            first, second = (each for each in server.commands if each.startswith("EHLO"))
            assert "EHLO client.example" == first
            assert second.removeprefix("EHLO ").isprintable()
            assert len(second) > len("EHLO ")

    run(main())
