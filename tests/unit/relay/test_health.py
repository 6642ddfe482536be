from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable
from app.flow import ManualClock
from app.relay import BreakerConfig, RelayStatus
from app.relay.health import Health
from tests.support.relay_rig import codes, mail, relays_to
from tests.support.smtp_actions import Say
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner

REFUSED = Say("554 5.3.2 not today", leave=True)


class Probed:
    """A relay whose health is watched and whose probes are only counted."""

    def __init__(self, failures: int = 2, reset_s: float = 10.0) -> None:
        self.clock = ManualClock()
        self.probes = 0
        self.room = True
        self.health = Health("main", BreakerConfig(failures, reset_s), self.clock, self._probe)

    def _probe(self) -> bool:
        self.probes += self.room
        return self.room

    def status(self) -> RelayStatus:
        return self.health.status()[0]


def test_opens_after_so_many_failures_in_a_row() -> None:
    probed = Probed(failures=3)
    for _ in range(2):
        probed.health.failed("connect: refused", auth=False)
    probed.health.opened()
    for _ in range(2):
        probed.health.failed("connect: refused", auth=False)
    assert 0.0 == probed.health.ready_in()
    probed.health.failed("connect: refused", auth=False)
    assert RelayStatus.OPEN is probed.status()
    assert 10.0 == probed.health.ready_in()


def test_probes_by_itself_and_closes_when_the_probe_comes_through() -> None:
    probed = Probed()
    for _ in range(2):
        probed.health.failed("connect: refused", auth=False)
    probed.clock.advance(9.9)
    assert 0 == probed.probes
    probed.clock.advance(0.1)
    assert 1 == probed.probes
    assert RelayStatus.HALF_OPEN is probed.status()
    assert 0 < probed.health.ready_in() < 1
    probed.health.failed("connect: refused", auth=False)
    assert RelayStatus.OPEN is probed.status()
    probed.clock.advance(10)
    assert 2 == probed.probes
    probed.health.opened()
    assert RelayStatus.CLOSED is probed.status()
    assert 0.0 == probed.health.ready_in()
    probed.clock.advance(100)
    assert 2 == probed.probes


def test_refused_credentials_open_at_once_and_are_probed_after_1_5_then_every_15_minutes() -> None:
    probed = Probed(failures=5)
    probed.health.failed("auth: 535", auth=True)
    for minutes in (1, 5, 15, 15):
        assert RelayStatus.OPEN is probed.status()
        assert 60.0 * minutes == probed.health.ready_in()
        before = probed.probes
        probed.clock.advance(60 * minutes - 1)
        assert before == probed.probes
        probed.clock.advance(1)
        assert before + 1 == probed.probes
        probed.health.failed("auth: 535", auth=True)


def test_only_accepted_mail_makes_the_waits_short_again() -> None:
    probed = Probed()
    probed.health.auth_refused("relay access denied")
    probed.health.auth_refused("relay access denied")
    assert 60.0 == probed.health.ready_in(), "several messages refused at once count as one"
    probed.clock.advance(60)
    probed.health.opened()
    probed.health.auth_refused("relay access denied")
    assert 300.0 == probed.health.ready_in()
    probed.clock.advance(300)
    probed.health.opened()
    probed.health.accepted()
    probed.health.auth_refused("relay access denied")
    assert 60.0 == probed.health.ready_in()


def test_a_probe_without_room_is_tried_again() -> None:
    probed = Probed()
    probed.room = False
    for _ in range(2):
        probed.health.failed("connect: refused", auth=False)
    probed.clock.advance(10)
    assert RelayStatus.OPEN is probed.status()
    probed.room = True
    probed.clock.advance(10)
    assert 1 == probed.probes


def test_nothing_is_probed_once_stopped() -> None:
    probed = Probed()
    for _ in range(2):
        probed.health.failed("connect: refused", auth=False)
    probed.health.stop()
    probed.clock.advance(100)
    assert RelayStatus.HALF_OPEN is probed.status()
    assert 0 == probed.probes


@pytest.mark.parametrize("failures", [1, 3, 8, 50])
def test_a_message_is_parked_for_a_sensible_time(failures: int) -> None:
    probed = Probed(failures=100)
    for _ in range(failures):
        probed.health.failed("connect: refused", auth=False)
    for _ in range(100):
        assert 0.5 <= probed.health.parking() <= 30.0
    probed.health.auth_refused("535")
    assert 30.0 == probed.health.parking()


def test_parking_is_spread() -> None:
    probed = Probed(failures=1)
    probed.health.failed("connect: refused", auth=False)
    assert len({probed.health.parking() for _ in range(20)}) > 1


def test_accepted_lately_means_within_a_minute() -> None:
    probed = Probed()
    assert not probed.health.accepted_lately()
    probed.health.accepted()
    at = probed.clock.now()
    probed.clock.advance(60)
    assert probed.health.accepted_lately()
    probed.clock.advance(1)
    assert not probed.health.accepted_lately()
    assert at == probed.health.last_accepted_at


def test_failures_before_mail_open_the_breaker_and_a_probe_closes_it(run: LoopRunner) -> None:
    """The probe goes through AUTH, never a message; its connection is kept for use."""

    async def main() -> None:
        breaker = BreakerConfig(failures=3, reset_s=0.2)
        async with (
            SmtpServer(users={"me": "secret"}) as server,
            relays_to(server, breaker=breaker, user="me", password="secret") as relays,
        ):
            server.always("CONNECT", REFUSED)
            for _ in range(3):
                with pytest.raises(RelayUnavailable, match=r"554 5\.3\.2 not today"):
                    await relays.send(mail())
            state = relays.states()[0]
            assert RelayStatus.OPEN is state.status
            assert "greeting: 554 5.3.2 not today" == state.last_error
            assert 0 < relays.ready_in() <= 0.25
            sessions = len(server.sessions)
            with pytest.raises(RelayUnavailable, match="it is open") as caught:
                await relays.send(mail())
            assert 0.5 <= caught.value.retry_in
            assert sessions == len(server.sessions), "an open breaker lets nothing through"
            server.never_mind()
            await until(lambda: relays.ready_in() == 0, "the probe came through")
            assert "AUTH" == server.verbs[-1]
            sessions = len(server.sessions)
            assert [250] == codes(await relays.send(mail()))
            assert sessions == len(server.sessions), "the probe's connection is used"
            assert relays.accepted_lately("main")

    run(main())


def test_trouble_since_mail_does_not_open_the_breaker(run: LoopRunner) -> None:
    async def main() -> None:
        async with (
            SmtpServer() as server,
            relays_to(server, breaker=BreakerConfig(failures=1)) as relays,
        ):
            server.on("MAIL", Say("421 4.3.2 bye", leave=True)).on("DOT", Say("550 5.7.1 no"))
            assert [421] == codes(await relays.send(mail()))
            assert [550] == codes(await relays.send(mail()))
            assert 0.0 == relays.ready_in()
            assert not relays.accepted_lately("main")

    run(main())


def test_feedback_of_refused_credentials_opens_the_breaker_and_drops_what_is_open(
    run: LoopRunner, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            server.on("MAIL", Say("530 5.7.0 authentication required"))
            assert [530] == codes(await relays.send(mail()))
            relays.feedback("main", ErrorKind.RELAY_AUTH)
            assert 59 < relays.ready_in() <= 60
            assert RelayStatus.OPEN is relays.states()[0].status
            await until(lambda: server.open == 0, "the connection is closed")
            assert [logging.ERROR] == [each.levelno for each in caplog.records]

    run(main())


def test_feedback_of_limits_rests_the_relay(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            relays.feedback("main", ErrorKind.RATE_LIMITED)
            assert 0.0 == relays.ready_in(), "a single refusal says little"
            relays.feedback("main", ErrorKind.RATE_LIMITED)
            assert 0.3 < relays.ready_in() <= 0.5
            with pytest.raises(RelayUnavailable, match="it is resting"):
                await relays.send(mail())
            state = relays.states()[0]
            assert RelayStatus.RESTING is state.status
            assert state.resting_until is not None
            assert (1.0, 2) == (state.limit, state.limited)
            await until(lambda: relays.ready_in() == 0, "the rest is over")
            assert [250] == codes(await relays.send(mail()))
            relays.feedback("main", ErrorKind.RATE_LIMITED, delay_s=100)
            assert 99 < relays.ready_in() <= 100

    run(main())


def test_too_many_connections_lowers_their_number_and_nothing_else(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, connections=5) as relays:
            await asyncio.gather(*(relays.send(mail()) for _ in range(3)))
            assert 5 == relays.states()[0].most_connections
            relays.feedback("main", ErrorKind.RATE_LIMITED, connections=True)
            state = relays.states()[0]
            assert (state.connections - 1, None) == (state.most_connections, state.limit)
            assert 0.0 == relays.ready_in()

    run(main())


def test_the_state_counts_what_was_sent_and_refused(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server, rate=50.0) as relays:
            server.on("RCPT", Say("550 5.1.1 who"), Say("550 5.1.1 who"))
            await relays.send(mail())
            await relays.send(mail("a@example.com", "b@example.com"))
            await relays.send(mail())
            state = relays.states()[0]
            assert (2, 1, 0) == (state.sent, state.refused, state.limited)
            assert (1, 0, 10) == (state.connections, state.busy, state.most_connections)
            assert (50.0, None, None) == (state.rate, state.limit, state.resting_until)

    run(main())


@pytest.mark.parametrize("kind", [None, ErrorKind.RECIPIENT, ErrorKind.CONTENT])
def test_any_other_feedback_changes_nothing(run: LoopRunner, kind: ErrorKind | None) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            relays.feedback("main", kind)
            assert 0.0 == relays.ready_in()
            await asyncio.sleep(0)

    run(main())


def test_feedback_to_an_unknown_relay_is_an_error(run: LoopRunner) -> None:
    async def main() -> None:
        async with SmtpServer() as server, relays_to(server) as relays:
            with pytest.raises(KeyError, match="no relay 'other'"):
                relays.feedback("other", None)

    run(main())
