"""Telling many listeners the same, without ever waiting for one."""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from app.ops import OpsServer, create_app
from app.ops.broadcast import BEAT, Broadcast
from app.ops.glance import events
from app.ops.problems import Problem
from app.ops.visitors import Visitors
from app.telemetry import Metrics
from app.telemetry.scrape import Scrape
from tests.support.waiting import run, until
from tests.unit.ops.sights import TOKEN, Source, access

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

SOON_S = 0.01


class Counted:
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
        source = Counted()
        broadcast = Broadcast(source, every_s=SOON_S)
        async with listening(broadcast) as first, listening(broadcast) as second:
            heard = await asyncio.gather(anext(first), anext(second))
            assert {b"event: glance\ndata: %d\n\n" % source.made} == {*heard}
        await broadcast.stop()

    run(main())


def test_nothing_is_made_while_nobody_listens() -> None:
    async def main() -> None:
        source = Counted()
        broadcast = Broadcast(source, every_s=SOON_S)
        assert source.made == 0
        async with listening(broadcast):
            pass
        made = source.made
        assert broadcast.listeners == 0
        await until(lambda: len(asyncio.all_tasks()) == 1, "what made them has ended")
        assert source.made == made
        async with listening(broadcast):
            assert source.made == made + 1

    run(main())


def test_who_reads_slowly_misses_what_came_between() -> None:
    async def main() -> None:
        source = Counted()
        broadcast = Broadcast(source, every_s=SOON_S)
        async with listening(broadcast) as slow:
            await until(lambda: source.made >= 5, "time has passed")
            event = await anext(slow)
            assert int(event.split(b"data: ")[1]) > 5

    run(main())


def test_one_too_many_is_told_so() -> None:
    async def main() -> None:
        broadcast = Broadcast(Counted(), every_s=SOON_S, most=1)
        async with listening(broadcast):
            with pytest.raises(Problem, match="1 listen already") as refused:
                broadcast.stream()
            assert refused.value.status_code == 503
        async with listening(broadcast):
            pass

    run(main())


def test_a_failure_beats_on_and_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        source = Counted()
        broadcast = Broadcast(source, every_s=SOON_S)
        async with listening(broadcast) as events:
            source.fails = True
            assert [BEAT] * 3 == [await anext(events) for _ in range(3)]
            source.fails = False
            assert (await anext(events)).startswith(b"event: glance")

    run(main())
    assert len(caplog.records) == 1


def test_who_reads_nothing_is_dropped_and_others_hear_on() -> None:
    """On the real server, with connections as they come."""

    async def main() -> None:
        broadcast = Broadcast(lambda: b"x" * 1_000_000, every_s=SOON_S)
        app = create_app(Source(), Scrape(Metrics()), access(), events(broadcast))
        visitors = Visitors(asyncio.get_running_loop().time, wait_s=0.5)
        server = OpsServer("127.0.0.1", 0, app, visitors)
        await server.start()
        asking = f"GET /events HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
        both = [await asyncio.open_connection("127.0.0.1", server.port) for _ in range(2)]
        for _, writer in both:
            writer.write(asking.encode())
        (reading, _), _ = both
        await until(lambda: broadcast.listeners == 2, "both listen")
        heard = 0
        while broadcast.listeners == 2 or heard < 5_000_000:
            heard += len(await asyncio.wait_for(reading.read(1_000_000), 5))
        assert broadcast.listeners == 1
        both[0][1].transport.abort()
        await until(lambda: broadcast.listeners == 0, "who left is forgotten")
        both[1][1].transport.abort()
        await broadcast.stop()
        await server.stop()

    run(main())


def test_the_server_ends_at_once_with_listeners() -> None:
    async def main() -> None:
        broadcast = Broadcast(lambda: b"1", every_s=60)
        app = create_app(Source(), Scrape(Metrics()), access(public=True), events(broadcast))
        server = OpsServer("127.0.0.1", 0, app)
        await server.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        await until(lambda: broadcast.listeners == 1, "it listens")
        began = time.monotonic()
        await broadcast.stop()
        await server.stop()
        assert time.monotonic() - began < 0.9
        assert (await reader.read()).endswith(b"event: glance\ndata: 1\n\n\r\n0\r\n\r\n")
        writer.close()

    run(main())


def test_a_stream_ends_after_its_time_and_with_the_broadcast() -> None:
    async def main() -> None:
        short = Broadcast(Counted(), every_s=SOON_S, longest_s=5 * SOON_S)
        assert [event async for event in short.stream()]
        broadcast = Broadcast(Counted(), every_s=60)
        async with listening(broadcast) as events:
            rest = asyncio.ensure_future(anext(events, None))
            await asyncio.sleep(0)
            await broadcast.stop()
            assert await rest is None
        with pytest.raises(Problem):
            broadcast.stream()

    run(main())
