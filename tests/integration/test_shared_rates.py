"""Instances that keep a rate together by a real Redis, which goes away and comes back."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.bootstrap.sharing import Sharing
from app.pipeline.pacing import Pacing, Rates
from app.pipeline.watchdog import Pulse
from app.relay import RelayConfig, Relays
from app.state.shared_rates import SharedRates
from app.state.shared_store import SharedStore
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.flow import SharedRate
    from tests.support.redis_server import RedisServer

SLOW = "slow.example"


class Instance:
    """One of those that share a relay's 50 a second, and 20 a second to one domain."""

    def __init__(self, url: str, name: str) -> None:
        self.pulse = Pulse("shared rates", time.monotonic)
        self.relays = Relays([RelayConfig(host="mail.example", name="a", rate=50.0)])
        self.pacing = Pacing(Rates(domains={SLOW: 20.0}))
        store = SharedStore(url, self.pulse, lost="rates are not shared")
        rates = SharedRates(store, prefix="mailer:q:g", instance=name)
        self.sharing = Sharing(rates, self.relays, self.pacing)

    @property
    def relay(self) -> SharedRate:
        return self.relays.configured_rates()["a"]

    def want_much(self) -> None:
        """More than there is, of both."""
        for _ in range(20):
            self.pacing.ask([SLOW])
        while self.relay.ready_in() == 0:
            self.relay.take()

    @property
    def parts(self) -> tuple[float, float]:
        return self.relay.rate, self.pacing.domain_rates()[SLOW].rate


@asynccontextmanager
async def running(url: str, name: str) -> AsyncIterator[Instance]:
    instance = Instance(url, name)
    task = asyncio.create_task(instance.sharing.run())
    try:
        yield instance
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def test_two_that_want_all_have_half_each_and_the_last_one_has_it_all(
    redis_server: RedisServer,
) -> None:
    async def main() -> None:
        async with running(redis_server.url, "one") as one:
            async with running(redis_server.url, "two") as two:

                def halved() -> bool:
                    one.want_much()
                    two.want_much()
                    return one.parts == two.parts == (25.0, 10.0)

                await until(halved, "both have half")

            def all_again() -> bool:
                one.want_much()
                return one.parts == (50.0, 20.0)

            await until(all_again, "what is gone uses nothing", 10)

    run(main())


def test_who_wants_little_leaves_the_rest(redis_server: RedisServer) -> None:
    async def main() -> None:
        async with (
            running(redis_server.url, "one") as one,
            running(redis_server.url, "two") as two,
        ):

            def most() -> bool:
                one.want_much()
                return (one.relay.rate, two.relay.rate) == (47.5, 2.5)

            await until(most, "nearly all is where it is wanted", 10)

    run(main())


def test_while_the_store_is_away_the_parts_stay_and_health_says_so(
    redis_server: RedisServer,
) -> None:
    async def main() -> None:
        async with (
            running(redis_server.url, "one") as one,
            running(redis_server.url, "two") as two,
        ):

            def halved() -> bool:
                one.want_much()
                two.want_much()
                return one.parts == (25.0, 10.0)

            await until(halved, "half each")
            redis_server.kill()
            await until(lambda: one.pulse.reason, "it is noticed")
            assert (one.pulse.reason or "").startswith("rates are not shared: ")
            assert one.relay.rate == 25.0
            redis_server.start()
            await until(lambda: one.pulse.reason is None, "it is back", 10)

    run(main())
