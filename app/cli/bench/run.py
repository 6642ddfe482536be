"""The run itself: warm up, a steady rate, full load."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from app.cli.bench.figures import outcomes
from app.cli.bench.latency import ends_in
from app.cli.bench.machine import ticks, used
from app.cli.bench.numbers import Growth
from app.cli.bench.order import MOST_RATE
from app.cli.bench.service import BenchFailed
from app.cli.shown import counted
from app.domain.clock import epoch_ms
from app.domain.errors import ServerUnreachable
from app.kafka import PublishError

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.cli.bench.latency import Ends
    from app.cli.bench.mails import Mails
    from app.cli.bench.order import Order
    from app.cli.bench.progress import Steps
    from app.cli.bench.service import MeasuredService
    from app.kafka import Producer, Written

# What is warm after so long is warm enough; its mails are a part of all that may be sent.
_WARM_S: Final = 1.5
_WARM_PART: Final = 0.15
_STEADY_PART: Final = 0.25
# Of what the service carries, so much is steady.
_STEADY_LOAD: Final = 0.5
# The first part of full load is left out, and so is the end, when there is less and less to do.
_FROM: Final = 0.1
_TO: Final = 0.95
# Warm, it may carry more than it did while it warmed up.
_AHEAD: Final = 2.0
_DOUBTED_S: Final = 5.0
_STALLED_S: Final = 60.0
_LOOK_S: Final = 0.05
_CHUNK: Final = 5_000


class Steady(NamedTuple):
    """When each mail was produced (epoch milliseconds), at this rate, and what grew meanwhile."""

    rate: float
    produced_ms: dict[str, int]
    growth: Growth


class Full(NamedTuple):
    """What grew while there was always more to do; `machine`: used part of all cores."""

    growth: Growth
    machine: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    steady: Steady
    full: Full
    whole: Growth
    ends: Ends


@dataclass(slots=True)
class _Sent:
    """Mails that were produced."""

    count: int = 0
    refused: list[PublishError] = field(default_factory=list)

    def answered(self, answer: Written | PublishError) -> None:
        if isinstance(answer, PublishError):
            self.refused.append(answer)


class Run:
    """One of them; `workers`: as many as there may be."""

    def __init__(
        self,
        order: Order,
        service: MeasuredService,
        producer: Producer,
        mails: Mails,
        *,
        workers: int,
        steps: Steps,
    ) -> None:
        self._order = order
        self._workers = workers
        self._service = service
        self._producer = producer
        self._mails = mails
        self._steps = steps
        self._sent = _Sent()

    async def measure(self) -> Measured:
        """All parts in order; raises `BenchFailed` when the service or the mail stands still."""
        first = await self._service.numbers()
        carries = await self._warm_up()
        steady = await self._steady(carries)
        full = await self._full(carries)
        whole = Growth(first, full.growth.after)
        return Measured(steady, full, whole, ends_in(self._service.lines()))

    async def _warm_up(self) -> float:
        """Bursts that grow, until it takes long enough; the mails a second of the last one."""
        self._steps.step("warming up")
        most = max(1, math.ceil(self._order.mails * _WARM_PART))
        burst, spent, carries = max(20, 2 * self._workers), 0.0, 0.0
        while spent < _WARM_S and self._sent.count < most:
            burst = min(burst, most - self._sent.count)
            began = time.perf_counter()
            await self._produce(burst)
            await self._until(lambda: self._left() == 0)
            took = time.perf_counter() - began
            spent, carries, burst = spent + took, burst / took, burst * 2
        return carries

    async def _steady(self, carries: float) -> Steady:
        """A mail at a time, at a rate that leaves the service room."""
        rate = self._order.rate or min(MOST_RATE, max(1.0, carries * _STEADY_LOAD))
        bound = max(1.0, self._order.mails * _STEADY_PART)
        count = max(1, math.floor(min(rate * self._order.seconds, bound)))
        self._steps.step(f"{rate:.3g} mails/s")
        produced: dict[str, int] = {}
        before = await self._service.numbers()
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(count):
            await asyncio.sleep(began + number / rate - loop.time())
            mail_id, record = self._mails.next()
            produced[mail_id] = epoch_ms()
            self._producer.send(record, self._sent.answered)
            self._sent.count += 1
            self._steps.far(number, number / count)
        await self._until(lambda: self._left() == 0)
        return Steady(rate, produced, Growth(before, await self._service.numbers()))

    async def _full(self, carries: float) -> Full:
        """As much as it takes, for so many seconds or mails."""
        wanted = math.ceil(carries * _AHEAD * self._order.seconds)
        count = max(1, min(self._order.mails - self._sent.count, wanted))
        self._steps.step("full load")
        done_before = self._sent.count
        seconds = self._order.seconds
        await self._produce(count)
        began = time.monotonic()

        def done() -> int:
            return self._service.look() - done_before

        def begun() -> bool:
            return done() >= count * _FROM or time.monotonic() - began >= seconds * _FROM

        def enough() -> bool:
            ended, passed = done(), time.monotonic() - began
            part = max(ended / (count * _TO), passed / (seconds * (1 + _FROM)))
            self._steps.far(ended, part)
            return part >= 1

        await self._until(begun)
        before, at_first = await self._service.numbers(), ticks()
        await self._until(enough)
        growth = Growth(before, await self._service.numbers())
        if not outcomes(growth):
            raise BenchFailed(
                f"no mail came to an end within {growth.seconds:.1f} s of full load; "
                "give it more with --mails and --seconds"
            )
        return Full(growth, used(at_first, ticks()))

    async def _produce(self, count: int) -> None:
        """All are written when it returns."""
        for start in range(0, count, _CHUNK):
            batch = self._mails.several(min(_CHUNK, count - start))
            self._sent.count += len(batch)
            for answer in await self._producer.publish(batch):
                self._sent.answered(answer)

    def _left(self) -> int:
        return self._sent.count - self._service.look()

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Look until it is so.

        Nothing moving, `ServerUnreachable` soon where the service itself says that no mail flows,
        and `BenchFailed` after a while.
        """
        moved, seen = time.monotonic(), self._service.look()
        while not condition():
            await asyncio.sleep(_LOOK_S)
            if self._sent.refused:
                raise BenchFailed(str(self._sent.refused[0]))
            now = self._service.look()
            stood = time.monotonic() - moved
            if now != seen:
                moved, seen = time.monotonic(), now
            elif stood > _STALLED_S:
                raise BenchFailed(f"{_stands(stood, seen)}\n{self._service.last_words()}")
            elif stood > _DOUBTED_S and not await self._service.is_ready():
                raise ServerUnreachable(f"{_stands(stood, seen)}\n{self._service.last_words()}")


def _stands(seconds: float, mails: int) -> str:
    return f"no mail came to an end for {seconds:.0f} s, after {counted(mails, 'mail')}:"
