"""Deliveries in memory, against a model; and their bounds."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from collections import OrderedDict
from typing import TYPE_CHECKING, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.state.deliveries import Hold, id_digest, recipient_digest
from app.state.own_deliveries import OwnDeliveries

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

SIZE = 6
WINDOW_S = 10
IDS = ("a", "b")
RECIPIENTS = st.lists(st.sampled_from(["x", "y", "z", "w"]), min_size=1, max_size=4, unique=True)


def at_once(asked: Coroutine[object, object, T]) -> T:
    """Memory never suspends: between asking and holding nobody else comes."""
    try:
        asked.send(None)
    except StopIteration as done:
        answer: T = done.value
        return answer
    raise AssertionError("it waited")


class Model(RuleBasedStateMachine):
    """Origins 0 to 2 attempt two ids; each origin has one attempt at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0
        self.real = OwnDeliveries(window_s=WINDOW_S, size=SIZE, clock=lambda: float(self.now))
        self.known: OrderedDict[tuple[str, str], tuple[int, str]] = OrderedDict()
        self.held: dict[str, str] = {}

    def _forget(self) -> None:
        for key, (expires, _) in list(self.known.items()):
            if expires <= self.now:
                del self.known[key]

    @rule(seconds=st.integers(1, WINDOW_S))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @rule(name=st.sampled_from(IDS), number=st.integers(0, 2), to=RECIPIENTS)
    def begin(self, name: str, number: int, to: list[str]) -> None:
        self._forget()
        origin = f"q/0/{number}"
        expected: tuple[str | None, ...] | None = tuple(
            found[1] if (found := self.known.get((name, each))) and found[1] != origin else None
            for each in to
        )
        assert expected is not None
        if None in expected:
            if self.held.get(name, origin) == origin:
                self.held[name] = origin
            else:
                expected = None
        hold = Hold(id_digest(name), origin, str(number))
        assert at_once(self.real.begin(hold, [recipient_digest(name, r) for r in to])) == expected

    @rule(name=st.sampled_from(IDS), number=st.integers(0, 2), to=RECIPIENTS)
    def delivered(self, name: str, number: int, to: list[str]) -> None:
        self._forget()
        origin = f"q/0/{number}"
        for each in to:
            self.known.pop((name, each), None)
            self.known[name, each] = (self.now + WINDOW_S, origin)
        while len(self.known) > SIZE:
            self.known.popitem(last=False)
        if self.held.get(name) == origin:
            del self.held[name]
        hold = Hold(id_digest(name), origin, str(number))
        at_once(self.real.delivered(hold, [recipient_digest(name, r) for r in to]))

    @rule(name=st.sampled_from(IDS), number=st.integers(0, 2))
    def let_go(self, name: str, number: int) -> None:
        origin = f"q/0/{number}"
        if self.held.get(name) == origin:
            del self.held[name]
        self.real.let_go(Hold(id_digest(name), origin, str(number)))

    @invariant()
    def is_bounded(self) -> None:
        assert len(self.real) <= SIZE
        assert self.real.held == len(self.held)


TestModel = Model.TestCase
TestModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def test_a_full_memory_takes_at_most_300_bytes_an_entry() -> None:
    """200,000 entries, the default of DEDUP_SIZE, take at most 60 MB."""
    count = 5_000
    deliveries = OwnDeliveries(window_s=60, size=count, clock=lambda: 0.0)

    async def fill() -> None:
        for n in range(2 * count):
            hold = Hold(id_digest(f"order-{n}"), f"email-queue/0/{n}", "t")
            recipients = [recipient_digest(f"order-{n}", "ann@example.com")]
            await deliveries.begin(hold, recipients)
            await deliveries.delivered(hold, recipients)

    gc.collect()
    tracemalloc.start()
    try:
        asyncio.run(fill())
        gc.collect()
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(deliveries) == count
    assert taken / count <= 300
