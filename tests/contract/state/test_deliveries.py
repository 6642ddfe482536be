"""What every memory of deliveries promises: in this process, and in a real Redis."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.pipeline.watchdog import Pulse
from app.state.deliveries import Hold, id_digest, recipient_digest
from app.state.own_deliveries import OwnDeliveries
from app.state.shared_deliveries import SharedDeliveries
from app.state.shared_store import SharedStore
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from app.state.deliveries import Deliveries
    from tests.support.redis_server import RedisServer

ANN = recipient_digest("order-17", "ann@example.com")
BEN = recipient_digest("order-17", "ben@example.com")
FIRST = Hold(id_digest("order-17"), "email-queue/0/1", "one")
AGAIN = FIRST._replace(token="one more")
SECOND = Hold(id_digest("order-17"), "email-queue/0/12", "two")
WINDOW_S = 60.0


class Memory:
    """Makes instances that share what they know, if they do; `advance` lets time pass."""

    def __init__(self, redis_server: RedisServer | None) -> None:
        self.now = 1_000.0
        self._server = redis_server
        self._own = OwnDeliveries(window_s=WINDOW_S, size=1_000, clock=lambda: self.now)

    @asynccontextmanager
    async def instance(self, window_s: float = WINDOW_S) -> AsyncIterator[Deliveries]:
        if self._server is None:
            yield self._own
            return
        pulse = Pulse("shared store", lambda: 0.0)
        store = SharedStore(self._server.url, pulse, lost="nothing is kept", answer_s=10)
        shared = SharedDeliveries(store, prefix="mailer:q:g", window_s=window_s, lease_s=30)
        try:
            yield shared
            assert pulse.reason is None
        finally:
            await shared.close()


@pytest.fixture(params=["own", "shared"])
def memory(request: pytest.FixtureRequest) -> Memory:
    shared = request.param == "shared"
    return Memory(request.getfixturevalue("redis_server") if shared else None)


def on(memory: Memory, story: Callable[[Deliveries, Deliveries], Any]) -> None:
    """Two instances; in memory the same one stands for both."""

    async def main() -> None:
        async with memory.instance() as here, memory.instance() as there:
            await story(here, there)

    run(main())


def test_an_id_is_held_by_one_origin_at_a_time(memory: Memory) -> None:
    async def story(here: Deliveries, there: Deliveries) -> None:
        assert await here.begin(FIRST, [ANN]) == (None,)
        assert await there.begin(SECOND, [ANN]) is None
        assert await there.begin(SECOND, [BEN]) is None
        here.let_go(FIRST)
        await until_free(there, SECOND)

    on(memory, story)


async def until_free(deliveries: Deliveries, hold: Hold) -> None:
    """Letting go does not wait, so it may take a moment."""
    for _ in range(1_000):
        if await deliveries.begin(hold, [ANN]) is not None:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("never free")


def test_of_many_that_begin_at_once_one_alone_may_send(memory: Memory) -> None:
    async def story(here: Deliveries, there: Deliveries) -> None:
        holds = [SECOND._replace(origin=f"email-queue/0/{n}", token=str(n)) for n in range(40)]
        found = await asyncio.gather(
            *((here, there)[n % 2].begin(hold, [ANN]) for n, hold in enumerate(holds))
        )
        assert found.count((None,)) == 1
        assert found.count(None) == 39

    on(memory, story)


def test_what_one_origin_delivered_is_told_to_others_and_not_to_itself(memory: Memory) -> None:
    async def story(here: Deliveries, there: Deliveries) -> None:
        await here.begin(FIRST, [ANN, BEN])
        await here.delivered(FIRST, [ANN])
        assert await there.begin(SECOND, [ANN, BEN]) == (FIRST.origin, None)
        assert await here.begin(AGAIN, [ANN, BEN]) is None
        await there.delivered(SECOND, [BEN])
        assert await here.begin(AGAIN, [ANN, BEN]) == (None, SECOND.origin)

    on(memory, story)


def test_who_has_nothing_left_to_send_holds_nothing(memory: Memory) -> None:
    async def story(here: Deliveries, there: Deliveries) -> None:
        await here.begin(FIRST, [ANN])
        await here.delivered(FIRST, [ANN])
        assert await there.begin(SECOND, [ANN]) == (FIRST.origin,)
        assert await here.begin(AGAIN, [ANN]) == (None,)
        # Held by its origin's own attempt, and still known.
        assert await there.begin(SECOND, [ANN]) == (FIRST.origin,)

    on(memory, story)


def test_an_origin_passes_its_own_hold_and_only_the_last_attempt_lets_go(memory: Memory) -> None:
    """As after a crash, or where a dialogue outlived the drain."""

    async def story(here: Deliveries, there: Deliveries) -> None:
        await here.begin(FIRST, [ANN])
        assert await there.begin(AGAIN, [ANN]) == (None,)
        here.let_go(FIRST)
        await here.delivered(FIRST, [])  # as late, and done when it returns
        assert await here.begin(SECOND, [ANN]) is None

    on(memory, story)


def test_an_origin_that_begins_with_anothers_text_is_another(memory: Memory) -> None:
    async def story(here: Deliveries, there: Deliveries) -> None:
        await here.begin(SECOND, [ANN])
        assert await there.begin(FIRST, [ANN]) is None

    on(memory, story)


def test_other_ids_and_other_recipients_are_not_concerned(memory: Memory) -> None:
    async def story(here: Deliveries, there: Deliveries) -> None:
        await here.begin(FIRST, [ANN])
        await here.delivered(FIRST, [ANN])
        other = Hold(id_digest("order-18"), "email-queue/0/12", "other")
        assert await there.begin(other, [recipient_digest("order-18", "ann@example.com")]) == (
            None,
        )

    on(memory, story)


def test_a_thousand_recipients_are_one_question(memory: Memory) -> None:
    async def story(here: Deliveries, there: Deliveries) -> None:
        everybody = [recipient_digest("order-17", f"{n}@example.com") for n in range(1_000)]
        await here.begin(FIRST, everybody)
        await here.delivered(FIRST, everybody[:900])
        found = await there.begin(SECOND, everybody)
        assert found == (FIRST.origin,) * 900 + (None,) * 100

    on(memory, story)


def test_own_memory_forgets_after_the_window_which_a_later_delivery_prolongs() -> None:
    memory = Memory(None)

    async def story(here: Deliveries, _: Deliveries) -> None:
        await here.begin(FIRST, [ANN, BEN])
        await here.delivered(FIRST, [ANN, BEN])
        memory.now += WINDOW_S - 1
        await here.begin(AGAIN, [BEN])
        await here.delivered(AGAIN, [BEN])
        memory.now += 1
        assert await here.begin(SECOND, [ANN, BEN]) == (None, FIRST.origin)

    on(memory, story)


def test_the_shared_store_forgets_after_the_window(redis_server: RedisServer) -> None:
    async def main() -> None:
        async with Memory(redis_server).instance(window_s=0.1) as here:
            await here.begin(FIRST, [ANN])
            await here.delivered(FIRST, [ANN])
            await until(lambda: not redis_server.everything(), "the entry has ended")

    run(main())


ORIGINS = st.integers(0, 2)
ADDRESSES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)
STEP: st.SearchStrategy[tuple[str, int, list[str]]] = st.one_of(
    st.tuples(st.just("begin"), ORIGINS, ADDRESSES),
    st.tuples(st.just("delivered"), ORIGINS, ADDRESSES),
    st.tuples(st.just("over"), ORIGINS, st.just([])),
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEP, max_size=25))
def test_own_and_shared_memory_answer_alike(
    redis_server: RedisServer, steps: list[tuple[str, int, list[str]]]
) -> None:
    redis_server.ask("FLUSHALL")

    async def answers(memory: Memory) -> list[object]:
        found: list[object] = []
        async with memory.instance() as here:
            for step, number, addresses in steps:
                hold = SECOND._replace(origin=f"email-queue/0/{number}", token=str(number))
                recipients = [recipient_digest("order-17", each) for each in addresses]
                if step == "begin":
                    found.append(await here.begin(hold, recipients))
                else:
                    await here.delivered(hold, recipients if step == "delivered" else [])
        return found

    async def main() -> None:
        assert await answers(Memory(None)) == await answers(Memory(redis_server))

    run(main())
