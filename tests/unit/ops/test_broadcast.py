"""Telling many listeners the same, without ever waiting for one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from app.ops.broadcast import BEAT, Broadcast
from app.ops.problems import Problem
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOON_S = 0.01


class Source:
    """Counts how often it was asked; fails when told to."""

    def __init__(self) -> None:
        self.made = 0
        self.fails = False

    def __call__(self) -> bytes:
        self.made += 1
        if self.fails:
            raise RuntimeError("no numbers")
        return b"%d" % self.made


@asynccontextmanager
async def listening(broadcast: Broadcast) -> AsyncIterator[AsyncIterator[bytes]]:
    """Once the first event was read."""
    async with aclosing(broadcast.stream()) as events:
        await anext(events)
        yield events


def test_all_hear_the_same_made_once() -> None:
    async def main() -> None:
        source = Source()
        broadcast = Broadcast(source, every_s=SOON_S)
        async with listening(broadcast) as first, listening(broadcast) as second:
            assert source.made == 1
            heard = await asyncio.gather(anext(first), anext(second))
            assert [b"event: glance\ndata: 2\n\n"] * 2 == heard
        await broadcast.stop()

    run(main())


def test_nothing_is_made_while_nobody_listens() -> None:
    async def main() -> None:
        source = Source()
        broadcast = Broadcast(source, every_s=SOON_S)
        assert source.made == 0
        async with listening(broadcast):
            pass
        made = source.made
        assert broadcast.listeners == 0
        assert not [task for task in asyncio.all_tasks() if task.get_name() == "ops events"] or (
            await until(
                lambda: all(one.get_name() != "ops events" for one in asyncio.all_tasks()), "ended"
            )
        )
        assert source.made == made
        async with listening(broadcast):
            assert source.made == made + 1

    run(main())


def test_who_reads_slowly_misses_what_came_between() -> None:
    async def main() -> None:
        source = Source()
        broadcast = Broadcast(source, every_s=SOON_S)
        async with listening(broadcast) as slow:
            await until(lambda: source.made >= 5, "time has passed")
            event = await anext(slow)
            assert int(event.split(b"data: ")[1]) > 5

    run(main())


def test_one_too_many_is_told_so() -> None:
    async def main() -> None:
        broadcast = Broadcast(Source(), every_s=SOON_S, most=1)
        async with listening(broadcast):
            with pytest.raises(Problem, match="1 listen already") as refused:
                broadcast.stream()
            assert refused.value.status_code == 503
        async with listening(broadcast):
            pass

    run(main())


def test_a_failure_beats_on_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        source = Source()
        broadcast = Broadcast(source, every_s=SOON_S)
        async with listening(broadcast) as events:
            source.fails = True
            assert [BEAT] * 3 == [await anext(events) for _ in range(3)]
            source.fails = False
            assert (await anext(events)).startswith(b"event: glance")

    run(main())
    assert len(caplog.records) == 1


def test_a_stream_ends_after_its_time_and_with_the_broadcast() -> None:
    async def main() -> None:
        short = Broadcast(Source(), every_s=SOON_S, longest_s=5 * SOON_S)
        assert [event async for event in short.stream()]
        broadcast = Broadcast(Source(), every_s=60)
        async with listening(broadcast) as events:
            rest = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(0)
            await broadcast.stop()
            assert await rest is None
        with pytest.raises(Problem):
            broadcast.stream()

    run(main())
