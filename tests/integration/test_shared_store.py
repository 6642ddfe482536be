"""A real Redis that goes away, hangs, refuses and comes back."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from app.pipeline.watchdog import Pulse
from app.state.deliveries import Hold, id_digest, recipient_digest
from app.state.shared_deliveries import SharedDeliveries
from app.state.shared_store import SharedStore, answer_of
from tests.support.redis_server import QUOTED
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.redis_server import RedisServer

ANN = recipient_digest("order-17", "ann@example.com")
FIRST = Hold(id_digest("order-17"), "email-queue/0/1", "one")
SECOND = Hold(id_digest("order-17"), "email-queue/0/2", "two")


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[tuple[SharedDeliveries, Pulse]]:
    pulse = Pulse("shared store", time.monotonic)
    store = SharedStore(url, pulse, lost="deduplication is not kept")
    deliveries = SharedDeliveries(store, prefix="mailer:q:g", window_s=60, lease_s=30)
    watching = asyncio.create_task(deliveries.watch())
    try:
        yield deliveries, pulse
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await deliveries.close()


def test_mail_passes_while_it_is_away_and_what_comes_after_is_kept_again(
    redis_server: RedisServer,
) -> None:
    async def main() -> None:
        async with watched(redis_server.url) as (deliveries, pulse):
            await deliveries.begin(FIRST, [ANN])
            redis_server.kill()
            assert await deliveries.begin(SECOND, [ANN]) == (None,)
            assert (pulse.reason or "").startswith("deduplication is not kept: ")
            await deliveries.delivered(SECOND, [ANN])
            redis_server.start()
            await until(lambda: pulse.reason is None, "it is back", 10)
            await deliveries.begin(FIRST, [ANN])
            await deliveries.delivered(FIRST, [ANN])
            assert await deliveries.begin(SECOND, [ANN]) == (FIRST.origin,)

    run(main())


def test_one_that_hangs_slows_a_few_mails_and_not_each(redis_server: RedisServer) -> None:
    async def main() -> None:
        async with watched(redis_server.url) as (deliveries, pulse):
            assert await deliveries.begin(FIRST, [ANN]) == (None,)
            redis_server.hold()
            try:
                began = time.monotonic()
                for n in range(300):
                    hold = Hold(id_digest(str(n)), "email-queue/0/3", str(n))
                    assert await deliveries.begin(hold, [ANN]) == (None,)
                    await deliveries.delivered(hold, [ANN])
                took = time.monotonic() - began
                assert pulse.reason == "deduplication is not kept: no answer within 250 ms"
            finally:
                redis_server.go_on()
            assert took < 20  # 300 times 250 ms would be 75 s
            await until(lambda: pulse.reason is None, "it is back", 10)
            assert await deliveries.begin(SECOND, [ANN]) is None

    run(main())


def test_many_that_are_cut_while_it_hangs_cost_no_connection(redis_server: RedisServer) -> None:
    async def main() -> None:
        async with watched(redis_server.url) as (deliveries, pulse):
            for _ in range(3):
                redis_server.hold()
                try:
                    holds = [Hold(id_digest(str(n)), f"q/0/{n}", str(n)) for n in range(50)]
                    asking = [asyncio.create_task(deliveries.begin(h, [ANN])) for h in holds]
                    await asyncio.sleep(0.05)  # nothing shows that they wait in the client
                    for each in asking[::2]:
                        each.cancel()
                    await asyncio.gather(*asking, return_exceptions=True)
                finally:
                    redis_server.go_on()
                await until(lambda: pulse.reason is None, "it is back", 10)
            assert await deliveries.begin(FIRST, [ANN]) == (None,)
            assert await deliveries.begin(SECOND, [ANN]) is None

    run(main())


def test_a_delivery_is_entered_although_its_attempt_is_cut(redis_server: RedisServer) -> None:
    async def main() -> None:
        async with watched(redis_server.url) as (deliveries, _):
            await deliveries.begin(FIRST, [ANN])
            entering = asyncio.create_task(deliveries.delivered(FIRST, [ANN]))
            await asyncio.sleep(0)
            entering.cancel()
            await asyncio.gather(entering, return_exceptions=True)
            await until(
                lambda: list(redis_server.everything().values()) == [FIRST.origin],
                "the entry stands and the hold is gone",
            )

    run(main())


def test_a_wrong_password_is_told_without_it(redis_server: RedisServer) -> None:
    async def main() -> None:
        wrong = redis_server.url.replace(QUOTED, "hunter2")
        async with watched(wrong) as (deliveries, pulse):
            assert await deliveries.begin(FIRST, [ANN]) == (None,)
            await until(lambda: pulse.reason, "it is told")
            assert "password" in (pulse.reason or "")
            assert "hunter2" not in (pulse.reason or "")

    run(main())


def test_one_that_takes_no_writes_is_trouble_until_it_does(redis_server: RedisServer) -> None:
    """The probe tries what the mails need: reading alone would say that all is well."""

    async def main() -> None:
        async with watched(redis_server.url) as (deliveries, pulse):
            redis_server.ask("CONFIG", "SET", "maxmemory", "1")
            try:
                await until(lambda: pulse.reason, "it is told", 10)
                assert await deliveries.begin(FIRST, [ANN]) == (None,)
            finally:
                redis_server.ask("CONFIG", "SET", "maxmemory", "0")
            await until(lambda: pulse.reason is None, "it is back", 10)

    run(main())


@pytest.mark.parametrize("attribute", ["url", "socket_url"])
def test_no_id_and_no_address_stands_in_the_store(
    redis_server: RedisServer, attribute: str
) -> None:
    async def main() -> None:
        async with watched(getattr(redis_server, attribute)) as (deliveries, _):
            await deliveries.begin(FIRST, [ANN])
            await deliveries.delivered(FIRST, [ANN])
            await deliveries.begin(FIRST, [ANN])
            held = redis_server.everything()
            assert sorted(held.values()) == [FIRST.origin, f"{FIRST.origin} {FIRST.token}"]
            for name in held:
                assert name.startswith("mailer:q:g:")
                assert "ann" not in name
                assert "order-17" not in name
                assert 0 < int(str(redis_server.ask("PTTL", name))) <= 60_000

    run(main())


def test_whoever_is_cut_while_it_connects_ends(redis_server: RedisServer) -> None:
    """The client swallows that at times; the service would never end."""

    async def main() -> None:
        for n in range(40):
            pulse = Pulse("shared store", time.monotonic)
            store = SharedStore(redis_server.url, pulse, lost="deduplication is not kept")
            deliveries = SharedDeliveries(store, prefix="mailer:q:g", window_s=60, lease_s=30)
            watching = asyncio.create_task(deliveries.watch())
            for _ in range(n):  # turns of the loop, each a further step of connecting
                await asyncio.sleep(0)
            watching.cancel()
            done, _ = await asyncio.wait([watching], timeout=5)
            assert done
            assert watching.cancelled()
            await deliveries.close()

    run(main())


def test_it_is_reached_by_a_socket_of_this_machine_too(redis_server: RedisServer) -> None:
    assert run(answer_of(redis_server.socket_url, 2.0)) is None
