"""Every fault in every phase: who is told what, and what becomes of the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import Phase, RelayUnavailable
from app.relay import RelayStatus, Timeouts
from tests.support.relay_rig import (
    PATIENT,
    QUICK,
    codes,
    lost_in,
    mail,
    only,
    relays_to,
    relays_with_login,
)
from tests.support.smtp_actions import Action, Hang, Leave, ReadNothing, Say, Then
from tests.support.smtp_server import CHUNKING, FEATURES, STEPWISE, SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner, Trust


MANNERS = {"pipelined": FEATURES, "stepwise": STEPWISE, "chunked": CHUNKING}
MANNER_AND_VERB = [
    (manner, verb)
    for manner in MANNERS
    for verb in ("MAIL", "RCPT", "DATA", "DOT")
    if (manner, verb) != ("chunked", "DATA")
]
BEFORE_MAIL = {
    "CONNECT": Phase.GREETING,
    "EHLO": Phase.EHLO,
    "STARTTLS": Phase.STARTTLS,
    "AUTH": Phase.AUTH,
}
SINCE_MAIL = {
    "MAIL": Phase.MAIL,
    "RCPT": Phase.RCPT,
    "DATA": Phase.DATA,
    "DOT": Phase.FINAL,
}
ANSWERS: dict[str, Action] = {
    "4xx": Say("450 4.2.0 not now"),
    "5xx": Say("550 5.7.1 never"),
    "multi-line": Say("550-5.7.1 never,\r\n550-5.7.1 really,\r\n550 5.7.1 never"),
    "drip": Say("550 5.7.1 never", drip=0.001),
    "421": Say("421 4.3.2 bye", leave=True),
}
SILENCES: dict[str, Action] = {
    "close": Leave(),
    "reset": Leave(reset=True),
    "close within the reply": Say(b"550-5.7.1 nev", leave=True),
    "time-out": Hang(),
    "endless drip": Say(b"250-" + b"x" * 10_000, drip=0.01),
    "garbage": Say(b"\x00\xff\x16\x03 hello\r\n"),
    "endless line": Say(b"250 " + b"x" * 20_000),
    "endless reply": Say(b"250-" + b"x" * 999 + b"\r\n" + (b"250-" + b"x" * 996 + b"\r\n") * 99),
    "a reply too many": Say(b"250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n"),
}


def timeouts_for(fault: str) -> Timeouts:
    return QUICK if fault in {"time-out", "endless drip"} else PATIENT


@pytest.mark.parametrize("verb", BEFORE_MAIL)
@pytest.mark.parametrize("fault", [*ANSWERS, *SILENCES])
def test_any_trouble_before_mail_is_the_relays(
    run: LoopRunner, trust: Trust, verb: str, fault: str
) -> None:
    """No attempt is made, the connection is closed, and the relay is well again afterwards."""

    async def main() -> None:
        async with relays_with_login(trust, timeouts=timeouts_for(fault)) as (server, relays):
            server.on(verb, (ANSWERS | SILENCES)[fault])
            with pytest.raises(RelayUnavailable) as caught:
                await relays.send(mail())
            if (verb, fault) != ("EHLO", "a reply too many"):  # seen as EHLO without STARTTLS
                assert caught.value.detail.startswith(BEFORE_MAIL[verb].value)
            assert (verb == "AUTH" and fault in {"5xx", "multi-line", "drip"}) == caught.value.auth
            assert 0.4 < caught.value.retry_in <= 30
            assert "MAIL" not in server.verbs
            await until(lambda: server.open == 0, "the connection is closed")
            if caught.value.auth:
                assert RelayStatus.OPEN is relays.states()[0].status
            else:
                assert [250] == codes(await relays.send(mail()))

    run(main())


@pytest.mark.parametrize(("manner", "verb"), MANNER_AND_VERB)
@pytest.mark.parametrize("fault", ANSWERS)
def test_a_refusal_belongs_to_its_phase_and_costs_the_connection_only_at_421(
    run: LoopRunner, verb: str, fault: str, manner: str
) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            server.on(verb, ANSWERS[fault])
            answer = only(await relays.send(mail()))
            assert SINCE_MAIL[verb] is answer.phase
            assert answer.reply is not None
            assert {"4xx": 450, "421": 421}.get(fault, 550) == answer.reply.code
            if fault == "multi-line":
                assert "never, really, never" == answer.reply.text
            assert [250] == codes(await relays.send(mail()))
            assert (2 if fault == "421" else 1) == len(server.sessions)
            if fault != "421":
                assert "RSET" in server.verbs
            assert 1 == len(server.mails)

    run(main())


@pytest.mark.parametrize("features", [FEATURES, STEPWISE], ids=["pipelined", "stepwise"])
@pytest.mark.parametrize("verb", SINCE_MAIL)
@pytest.mark.parametrize("fault", [each for each in SILENCES if each != "a reply too many"])
def test_silence_since_mail_is_a_loss_in_its_phase_and_costs_the_connection(
    run: LoopRunner, verb: str, fault: str, features: tuple[str, ...]
) -> None:
    async def main() -> None:
        async with (
            SmtpServer(features=features) as server,
            relays_to(server, timeouts=timeouts_for(fault)) as relays,
        ):
            server.on(verb, SILENCES[fault])
            report = await relays.send(mail())
            assert lost_in(report, SINCE_MAIL[verb]), report
            assert only(report).detail
            await until(lambda: server.open == 0, "the connection is closed")
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)
            assert RelayStatus.CLOSED is relays.states()[0].status

    run(main())


@pytest.mark.parametrize("fault", [*SILENCES, "421"])
def test_silence_while_the_message_is_written_is_a_loss_before_the_last_octet(
    run: LoopRunner, fault: str
) -> None:
    async def main() -> None:
        async with (
            SmtpServer() as server,
            relays_to(server, timeouts=timeouts_for(fault)) as relays,
        ):
            special: dict[str, Action] = {"time-out": ReadNothing(), "421": ANSWERS["421"]}
            server.on("BODY", (SILENCES | special)[fault])
            # Larger than what the kernel takes while the server does not read.
            report = await relays.send(mail(content=b"x" * 40_000_000))
            if fault == "421":
                assert [421] == codes(report)
            else:
                assert lost_in(report, Phase.BODY), report
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_a_421_answers_everything_that_is_still_open(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("RCPT", Say("550 5.1.1 no"), Say("421 4.3.2 bye", leave=True))
            report = await relays.send(mail("a@x.example", "b@x.example", "c@x.example"))
            assert [550, 421, 421] == codes(report)

    run(main())


def test_a_refusal_while_the_message_is_written_answers_data(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("BODY", Then(Say("552 5.3.4 too large"), ReadNothing()))
            answer = only(await relays.send(mail(content=b"x" * 40_000_000)))
            assert answer.reply is not None
            assert (Phase.DATA, 552) == (answer.phase, answer.reply.code)
            await relays.send(mail())
            assert 2 == len(server.sessions)

    run(main())


def test_data_answered_with_a_2xx_is_a_broken_connection(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("DATA", Say("250 ok"))
            assert lost_in(await relays.send(mail()), Phase.DATA)
            await until(lambda: server.open == 0, "the connection is closed")

    run(main())


@pytest.mark.parametrize(
    ("manner", "verb"), [pair for pair in MANNER_AND_VERB if "DATA" not in pair]
)
def test_an_invitation_out_of_place_is_a_broken_connection(
    run: LoopRunner, manner: str, verb: str
) -> None:
    async def main() -> None:
        async with SmtpServer(features=MANNERS[manner]) as server, relays_to(server) as relays:
            await relays.send(mail())
            server.on(verb, Say("354 go on"))
            phase = Phase.FINAL if manner == "chunked" else SINCE_MAIL[verb]
            assert lost_in(await relays.send(mail()), phase)
            await until(lambda: server.open == 0, "the connection is closed")

    run(main())


@pytest.mark.parametrize("code", [500, 502, 503, 504])
def test_a_relay_that_does_not_follow_loses_its_connection(run: LoopRunner, code: int) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("MAIL", Say(f"{code} 5.5.1 what?"))
            assert [code] == codes(await relays.send(mail()))
            assert [250] == codes(await relays.send(mail()))
            assert 2 == len(server.sessions)

    run(main())


def test_an_unreachable_relay_is_unavailable(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server:
            pass
        async with relays_to(server) as relays:
            with pytest.raises(RelayUnavailable, match="connect: ") as caught:
                await relays.send(mail())
            assert not caught.value.auth

    run(main())


def test_a_host_name_without_address_is_unavailable(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, host="nowhere.invalid") as relays:
            with pytest.raises(RelayUnavailable, match="host name cannot be resolved"):
                await relays.send(mail())

    run(main())


def test_the_next_address_of_a_host_is_tried(
    run: LoopRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        async def two_addresses(_host: str, _port: int) -> list[str]:
            return ["127.0.0.2", "127.0.0.1"]

        monkeypatch.setattr("app.relay.opening.addresses_of", two_addresses)
        async with SmtpServer() as server, relays_to(server) as relays:
            assert [250] == codes(await relays.send(mail()))

    run(main())


def test_no_address_of_the_relays_words_reaches_the_error(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("CONNECT", Say("554 no mail from bob@example.com here", leave=True))
            with pytest.raises(RelayUnavailable) as caught:
                await relays.send(mail())
            last_error = relays.states()[0].last_error
            assert last_error is not None
            for text in (str(caught.value), last_error):
                assert "b***@example.com" in text
                assert "bob@" not in text

    run(main())
