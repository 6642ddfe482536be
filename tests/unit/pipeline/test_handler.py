"""What becomes of a message that may not go now, or that relays refuse for themselves."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from app.composer import Composer, ComposerConfig
from app.domain.claim import Claim
from app.domain.job import Hop, MailJob, Trail
from app.domain.message import Address, Message
from app.domain.outcome import Attempt, ErrorKind, Withheld
from app.domain.record import Record
from app.pipeline.flights import Flights
from app.pipeline.handler import Handler, Terms
from app.pipeline.pacing import Pacing, Rates
from app.pipeline.waits import Waits
from app.pool import Postpone
from app.relay import BreakerConfig, Relays
from tests.support.relay_rig import relay_config, relays_to, started
from tests.support.smtp_actions import Say
from tests.support.smtp_server import SmtpServer
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from app.domain.job import Handled

NOW_MS = 1_000_000
TIER_S = 30.0
LIMITED = Say("451 4.7.1 too much mail")


class Settlements:
    def is_current(self, _claim: Claim) -> bool:
        return True

    def give_up(self, claim: Claim) -> None: ...

    def settle(self, claim: Claim) -> None: ...


def job(number: int = 0, domain: str = "example.com", **fields: Any) -> MailJob:
    to = Address("to", domain)
    record = Record("queue", 0, number, 0, None, b"{}", ())
    message = Message(
        id=f"mail-{number}",
        sender=Address("shop", "shop.example"),
        to=(to,),
        subject="Hello",
        text="How are you?",
        **fields,
    )
    trail = Trail(record.origin, first_seen_ms=0)
    return MailJob(Claim("queue", 0, number, 1), record, trail, message, (to,), 10)


class Rig:
    """A handler before one server; `room` messages may wait for what concerns only them."""

    def __init__(self, relays: Relays, rates: Rates, room: int) -> None:
        self.relays = relays
        self.flights = Flights()
        self.pacing = Pacing(rates)
        waits = Waits(
            self.pacing, relays, self.flights, room=room, tier_s=TIER_S, clock=lambda: NOW_MS
        )
        self.handler = Handler(
            Composer(ComposerConfig()), relays, Settlements(), waits, terms=Terms()
        )

    async def __call__(self, one: MailJob) -> Handled:
        return await self.handler(one)

    async def postponed(self, one: MailJob) -> float:
        """For how many seconds."""
        with pytest.raises(Postpone) as caught:
            await self.handler(one)
        return caught.value.seconds


@asynccontextmanager
async def rig(
    server: SmtpServer, rates: Rates | None = None, *, room: int = 10, **settings: Any
) -> AsyncIterator[Rig]:
    async with relays_to(server, breaker=BreakerConfig(1, 10.0), **settings) as relays:
        yield Rig(relays, rates or Rates(), room)


def with_rig(
    check: Callable[[Rig, SmtpServer], Any], rates: Rates | None = None, **settings: Any
) -> None:
    async def main() -> None:
        async with SmtpServer() as server, rig(server, rates, **settings) as made:
            await check(made, server)

    run(main())


def test_a_message_that_the_relay_limits_is_postponed_once_and_the_next_time_counts() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        server.on("DOT", LIMITED, LIMITED)
        one = job()
        assert 0.5 <= await handle.postponed(one) <= 1.0
        attempt = await handle(one)
        assert isinstance(attempt, Attempt)
        assert [ErrorKind.RATE_LIMITED] == [each.kind for each in attempt.verdicts]

    with_rig(check)


def test_in_its_next_attempt_it_is_postponed_again() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        server.on("DOT", LIMITED, LIMITED, LIMITED)
        one = job()
        await handle.postponed(one)
        await handle(one)
        handle.flights.end(one.claim)
        await handle.postponed(one)

    with_rig(check)


def test_too_many_connections_leaves_the_rate_alone() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        server.on("MAIL", *[Say("421 4.7.0 too many connections from you", leave=True)] * 3)
        for number in range(3):
            await handle.postponed(job(number))
        state = handle.relays.states()[0]
        assert (None, 0.0) == (state.limit, handle.relays.ready_in())
        assert state.most_connections < 10

    with_rig(check)


def test_a_daily_quota_rests_the_relay_for_an_hour() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        server.on("DOT", Say("550 5.4.5 daily user sending quota exceeded"))
        await handle.postponed(job())
        assert 3_590 < handle.relays.ready_in() <= 3_600

    with_rig(check)


def test_a_stated_delay_is_kept() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        server.on("DOT", Say("451 4.7.1 too fast, try again in 20 seconds"))
        assert 19 < await handle.postponed(job()) <= 20
        assert 19 < handle.relays.ready_in() <= 20

    with_rig(check)


def test_a_relay_that_is_away_costs_no_attempt() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        await server.stop()
        for _ in range(5):
            assert 0.4 < await handle.postponed(job()) <= 30

    with_rig(check)


def test_a_message_that_no_relay_serves_is_dead_for_an_operator_to_act() -> None:
    async def check(handle: Rig, _server: SmtpServer) -> None:
        withheld = await handle(job(type="welcome"))
        assert isinstance(withheld, Withheld)
        (verdict,) = withheld.verdicts
        assert (ErrorKind.SENDER, True) == (verdict.kind, verdict.permanent)
        assert "type welcome and sender domain shop.example" in verdict.detail
        assert isinstance(await handle(job(type="receipt")), Attempt)

    with_rig(check, types=frozenset({"receipt"}))


def test_who_waits_for_its_domain_is_postponed_to_its_place_and_then_sent() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        assert isinstance(await handle(job(0)), Attempt)
        assert 0.9 < await handle.postponed(job(1)) <= 1.0
        assert 1.9 < await handle.postponed(job(2)) <= 2.0
        assert isinstance(await handle(job(3, domain="other.example")), Attempt)
        assert 2 == handle.flights.apart
        # The pool calls again when the time is over; its place is kept.
        assert isinstance(await handle(job(1)), Attempt)
        assert 1 == handle.flights.apart
        assert 3 == len(server.mails)

    with_rig(check, Rates(domains={"example.com": 1.0}))


def test_a_wait_above_five_seconds_goes_to_a_tier_and_is_no_attempt() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        await handle(job(0))
        hop = await handle(job(1))
        assert isinstance(hop, Hop)
        assert NOW_MS + 9_900 < hop.not_before_ms <= NOW_MS + 10_000
        assert 1 == len(server.mails)
        assert 0 == handle.flights.apart

    with_rig(check, Rates(domains={"example.com": 0.1}))


def test_no_more_wait_in_the_pool_for_a_domain_than_there_is_room() -> None:
    async def check(handle: Rig, _server: SmtpServer) -> None:
        await handle(job(0))
        await handle.postponed(job(1))
        await handle.postponed(job(2))
        assert isinstance(await handle(job(3)), Hop)

    with_rig(check, Rates(domains={"example.com": 1.0}), room=2)


def test_the_place_of_a_message_that_ends_otherwise_is_the_next_ones() -> None:
    async def check(handle: Rig, _server: SmtpServer) -> None:
        await handle(job(0))
        one = job(1)
        await handle.postponed(one)
        handle.flights.end(one.claim)
        assert 0 == handle.flights.apart
        assert 0.9 < await handle.postponed(job(2)) <= 1.0

    with_rig(check, Rates(domains={"example.com": 1.0}))


def test_mail_whose_one_relay_rests_goes_to_a_tier_when_the_room_is_taken() -> None:
    async def main() -> None:
        async with SmtpServer() as one, SmtpServer() as two:
            receipts = relay_config(one, name="receipts", types=frozenset({"receipt"}))
            others = relay_config(two, name="others", types=frozenset({"other"}))
            async with started(Relays([receipts, others])) as relays:
                handle = Rig(relays, Rates(), room=1)
                relays.feedback("receipts", ErrorKind.RATE_LIMITED, delay_s=3_600.0)
                assert 0 < await handle.postponed(job(0, type="receipt")) <= 30
                assert 1 == handle.flights.apart
                hop = await handle(job(1, type="receipt"))
                assert isinstance(hop, Hop)
                assert NOW_MS + 300_000 == hop.not_before_ms, "a while, and not the whole hour"
                assert isinstance(await handle(job(2, type="other")), Attempt)

    run(main())


def test_what_was_not_sent_uses_up_no_rate() -> None:
    async def check(handle: Rig, server: SmtpServer) -> None:
        await server.stop()
        await handle.postponed(job(0))
        assert 0.0 == handle.pacing.ready_in()
        assert 0.4 < await handle.postponed(job(1)), "the relay is away"
        assert 0 == handle.flights.apart, "no place in the domain's line is taken"

    with_rig(check, Rates(service=1.0, domains={"example.com": 1.0}))


def test_the_services_rate_counts_what_is_sent() -> None:
    async def check(handle: Rig, _server: SmtpServer) -> None:
        await handle(job(0))
        assert 0.9 < handle.pacing.ready_in() <= 1.0

    with_rig(check, Rates(service=1.0))
