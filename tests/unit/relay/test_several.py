"""Several relays: who is asked, and who after whom."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.outcome import ErrorKind
from app.domain.smtp import NoRelay, Phase, RelayUnavailable
from app.relay import BreakerConfig, Relays, RelayStatus
from tests.support.ports import free_port
from tests.support.relay_rig import codes, lost_in, mail, relay_config, started
from tests.support.smtp_actions import Hang, Leave, Say
from tests.support.smtp_server import FEATURES, SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.relay_rig import LoopRunner

QUICK = BreakerConfig(failures=2, reset_s=0.2)
SECOND = {"priority": 2}


def several(*each: tuple[SmtpServer, dict[str, Any]]) -> AbstractAsyncContextManager[Relays]:
    """Relays `a`, `b`, ... before these servers."""
    configs = [
        relay_config(server, **{"name": chr(ord("a") + number), **settings})
        for number, (server, settings) in enumerate(each)
    ]
    return started(Relays(configs, breaker=QUICK))


@asynccontextmanager
async def two(
    a: dict[str, Any] | None = None, b: dict[str, Any] | None = None
) -> AsyncIterator[tuple[Relays, SmtpServer, SmtpServer]]:
    """Relays `a` and `b`, equals unless their settings say otherwise, and their servers."""
    async with (
        SmtpServer() as first,
        SmtpServer() as second,
        several((first, a or {}), (second, b or {})) as relays,
    ):
        yield relays, first, second


def test_weights_share_the_mail(run: LoopRunner) -> None:
    async def main() -> None:
        async with two(a={"weight": 3}) as (relays, *_):
            used = Counter([(await relays.send(mail())).relay for _ in range(8)])
        assert {"a": 6, "b": 2} == used

    run(main())


def test_a_relay_that_refuses_connections_is_followed_by_the_next_at_once_and_comes_back(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with two(b=SECOND) as (relays, a, _):
            await a.stop()
            began = time.monotonic()
            reports = [await relays.send(mail()) for _ in range(5)]
            assert time.monotonic() - began < 1
            assert {"b"} == {report.relay for report in reports}
            states = {state.name: state for state in relays.states()}
            assert states["a"].status in {RelayStatus.OPEN, RelayStatus.HALF_OPEN}
            assert states["a"].last_error is not None
            assert 0.0 == relays.ready_in()
            await a.listen()
            await until(lambda: RelayStatus.CLOSED is relays.states()[0].status, "it was probed")
            assert "MAIL" not in a.verbs, "a probe is no message"
            assert "a" == (await relays.send(mail())).relay

    run(main())


def test_a_loss_before_the_last_octet_is_followed_by_the_next_relay_at_once(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with two(b=SECOND) as (relays, a, b):
            for verb in ("MAIL", "RCPT", "DATA"):
                a.on(verb, Leave())
                report = await relays.send(mail())
                assert ("b", [250]) == (report.relay, codes(report))
            assert 3 == len(b.mails)

    run(main())


def test_a_loss_after_the_last_octet_is_followed_by_none(run: LoopRunner) -> None:
    async def main() -> None:
        async with two(b=SECOND) as (relays, a, b):
            a.on("DOT", Leave())
            report = await relays.send(mail())
            assert "a" == report.relay
            assert lost_in(report, Phase.FINAL)
            assert [] == b.sessions

    run(main())


def test_an_answer_is_followed_by_none_whatever_it_says(run: LoopRunner) -> None:
    async def main() -> None:
        async with two(b=SECOND) as (relays, a, b):
            a.on("RCPT", Say("550 5.1.1 who"), Say("451 4.7.1 later"))
            assert [550] == codes(await relays.send(mail()))
            assert [451] == codes(await relays.send(mail()))
            assert [] == b.sessions

    run(main())


def test_when_all_lose_it_the_message_is_reported_as_lost(run: LoopRunner) -> None:
    async def main() -> None:
        async with two(b=SECOND) as (relays, a, b):
            a.always("MAIL", Leave())
            b.always("MAIL", Leave())
            report = await relays.send(mail())
            assert "a" == report.relay
            assert lost_in(report, Phase.MAIL)

    run(main())


def test_when_none_can_be_reached_the_message_waits_for_the_first_that_may_be_asked(
    run: LoopRunner,
) -> None:
    async def main() -> None:
        async with two() as (relays, a, b):
            await a.stop()
            await b.stop()
            for _ in range(3):
                with pytest.raises(RelayUnavailable) as caught:
                    await relays.send(mail())
                assert 0.4 < caught.value.retry_in <= 30
            assert relays.ready_in() > 0

    run(main())


def test_a_hanging_relay_gets_no_more_mail_than_it_holds_up(run: LoopRunner) -> None:
    async def main() -> None:
        async with two() as (relays, a, _):
            a.always("CONNECT", Hang())
            held_up = asyncio.ensure_future(relays.send(mail()))
            await until(lambda: len(a.sessions) == 1, "it waits for the first")
            assert {"b"} == {(await relays.send(mail())).relay for _ in range(6)}
            held_up.cancel()
            await asyncio.gather(held_up, return_exceptions=True)

    run(main())


def test_mail_goes_to_the_relay_of_its_type_or_sender(run: LoopRunner) -> None:
    async def main() -> None:
        types, senders = frozenset({"receipt"}), frozenset({"shop.example"})
        async with two(a={"types": types}, b={"senders": senders}) as (relays, *_):
            assert "a" == (await relays.send(mail(), type="receipt")).relay
            assert "b" == (await relays.send(mail(), sender_domain="Shop.example")).relay
            with pytest.raises(NoRelay, match="type welcome and sender domain none"):
                await relays.send(mail(), type="welcome")
            assert 0.0 == relays.ready_in_for(type="welcome", sender_domain=None)

    run(main())


def test_mail_that_one_relay_does_not_take_is_offered_to_the_next(run: LoopRunner) -> None:
    async def main() -> None:
        plain = tuple(each for each in FEATURES if each != "SMTPUTF8")
        async with (
            SmtpServer(features=plain) as a,
            SmtpServer() as b,
            several((a, {}), (b, SECOND)) as relays,
        ):
            message = mail("jürgen@example.com", smtputf8=True)
            report = await relays.send(message)
            assert ("b", [250]) == (report.relay, codes(report))
            assert 0 == relays.states()[0].refused
            await b.stop()
            with pytest.raises(RelayUnavailable):
                await relays.send(message)
        async with SmtpServer(features=plain) as a, several((a, {})) as relays:
            report = await relays.send(mail("jürgen@example.com", smtputf8=True))
            assert ("a", [550]) == (report.relay, codes(report))
            assert "MAIL" not in a.verbs

    run(main())


def test_a_short_rest_is_waited_for_and_a_long_one_is_not(run: LoopRunner) -> None:
    async def main() -> None:
        async with two(b=SECOND) as (relays, *_):
            relays.feedback("a", ErrorKind.RATE_LIMITED, delay_s=1.0)
            assert 0.9 < relays.ready_in() <= 1.0
            with pytest.raises(RelayUnavailable, match=r"relay a .*resting"):
                await relays.send(mail())
            relays.feedback("a", ErrorKind.RATE_LIMITED, delay_s=3_600.0)
            assert 0.0 == relays.ready_in()
            assert "b" == (await relays.send(mail())).relay

    run(main())


def test_a_relay_beyond_its_rate_leaves_mail_to_its_equals(run: LoopRunner) -> None:
    async def main() -> None:
        async with two(a={"rate": 1.0}) as (relays, *_):
            used = [(await relays.send(mail())).relay for _ in range(5)]
            assert 1 == used.count("a")

    run(main())


def test_cancelled_before_mail_no_other_relay_is_asked(run: LoopRunner) -> None:
    async def main() -> None:
        async with two(b=SECOND) as (relays, a, b):
            a.always("CONNECT", Hang())
            sending = asyncio.ensure_future(relays.send(mail()))
            await until(lambda: len(a.sessions) == 1, "it waits for the first")
            sending.cancel()
            with pytest.raises(RelayUnavailable, match="cut off"):
                await sending
            assert [] == b.sessions

    run(main())


def test_the_port_of_nobody_is_a_relay_away(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as b:
            gone = SmtpServer()
            gone.port = free_port()
            async with several((gone, {}), (b, {})) as relays:
                assert {"b"} == {(await relays.send(mail())).relay for _ in range(6)}

    run(main())
