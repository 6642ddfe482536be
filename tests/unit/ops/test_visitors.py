"""Clients that only wait, as many as they like, keep nobody else from being answered."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING

import httpx
import pytest
import uvloop

from app.ops import OpsServer, create_app
from app.ops.visitors import Visitors
from app.telemetry import Metrics
from app.telemetry.scrape import Scrape
from tests.support.waiting import run, until
from tests.unit.ops.sights import Source, access

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

FEW = 5
SOON_S = 0.3


@contextlib.asynccontextmanager
async def served(app: ASGIApp | None = None) -> AsyncIterator[OpsServer]:
    visitors = Visitors(asyncio.get_running_loop().time, most=FEW, wait_s=SOON_S)
    app = app or create_app(Source(), Scrape(Metrics()), access())
    server = OpsServer("127.0.0.1", 0, app, visitors)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


async def ask(server: OpsServer) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"http://127.0.0.1:{server.port}/health/live")).status_code


async def connect(server: OpsServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


async def ended(reader: asyncio.StreamReader) -> bool:
    with contextlib.suppress(ConnectionError):
        while await reader.read(65536):
            pass
    return True


@pytest.mark.parametrize(
    "loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)
def test_one_that_asks_does_not_wait_a_turn_of_the_loop_for_each_that_came_before(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    """Turns are long while much mail is sent."""
    before, turns = 400, 0

    def answered(asking: socket.socket) -> bool:
        nonlocal turns
        turns += 1
        with contextlib.suppress(BlockingIOError):
            return asking.recv(12) == b"HTTP/1.1 200"
        return False

    async def main() -> None:
        async with served() as server, asyncio.timeout(30):
            assert await ask(server) == 200
            address = ("127.0.0.1", server.port)
            with contextlib.ExitStack() as open_ones:
                # All of them before the loop turns again.
                for _ in range(before):
                    open_ones.enter_context(socket.create_connection(address))
                asking = open_ones.enter_context(socket.create_connection(address))
                asking.sendall(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
                asking.setblocking(False)
                await until(lambda: answered(asking), "it is answered", every=0)
        assert turns < before / 4

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())


def test_many_that_say_nothing_lose_their_place_to_one_that_asks() -> None:
    async def main() -> None:
        async with served() as server:
            silent = [await connect(server) for _ in range(FEW * 10)]
            assert await ask(server) == 200
            assert len(server.visitors) <= FEW
            for _, writer in silent:
                writer.close()

    run(main())


def test_one_that_does_not_finish_its_request_is_dropped() -> None:
    async def main() -> None:
        async with served() as server:
            for begun in (
                b"",
                b"GET /health/live HTTP/1.1\r\nHost: a\r\nX-",
                b"POST /health/live HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{",
            ):
                reader, writer = await connect(server)
                writer.write(begun)
                assert await asyncio.wait_for(ended(reader), 5)
                writer.close()

    run(main())


def test_one_that_does_not_read_its_answer_is_dropped() -> None:
    async def much(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
            await asyncio.sleep(0)  # to nobody, sending does not wait

    async def main() -> None:
        async with served(much) as server:
            with socket.create_connection(("127.0.0.1", server.port)) as client:
                client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                await until(lambda: len(server.visitors) == 1, "it is there")
                await until(lambda: len(server.visitors) == 0, "it is dropped")

    run(main())


def test_one_that_we_keep_waiting_stays() -> None:
    async def main() -> None:
        go = asyncio.Event()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            await go.wait()
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"done"})

        async with served(slow) as server:
            asking = asyncio.create_task(ask(server))
            await until(lambda: len(server.visitors) == 1, "it is there")
            began = asyncio.get_running_loop().time()
            now = asyncio.get_running_loop().time
            await until(lambda: now() > began + SOON_S * 2, "others would be gone")
            go.set()
            assert await asking == 200

    run(main())


def test_with_all_places_served_another_has_to_go() -> None:
    async def main() -> None:
        async def never(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.Event().wait()

        async with served(never) as server:
            asking = [asyncio.create_task(ask(server)) for _ in range(FEW)]
            await until(lambda: len(server.visitors) == FEW, "all places are taken")
            await until(lambda: server.visitors.served == FEW, "all of them are being served")
            reader, writer = await connect(server)
            assert await asyncio.wait_for(ended(reader), 5)
            writer.close()
            assert len(server.visitors) == FEW
            for each in asking:
                each.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    run(main())
