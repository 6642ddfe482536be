"""The HTTP server as a client meets it, and what it must never do to the process."""

from __future__ import annotations

import asyncio
import signal
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import httpx
import pytest

from app.domain.errors import Fatal
from app.ops import OpsServer, Phase, Stall, create_app
from app.telemetry import Metrics
from app.telemetry.metrics.definition import counter
from app.telemetry.scrape import Scrape
from tests.support.waiting import run, until
from tests.unit.ops.sights import WELL, Source, access

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def _app(source: Source | None = None, metrics: Metrics | None = None) -> ASGIApp:
    return create_app(source or Source(), Scrape(metrics or Metrics()), access())


async def _ask(
    server: OpsServer, path: str, method: str = "GET", headers: dict[str, str] | None = None
) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, headers=headers) as client:
        return await client.request(method, f"http://127.0.0.1:{server.port}{path}")


def test_tells_ready_and_live_as_they_change() -> None:
    async def main() -> None:
        source = Source(WELL)
        server = OpsServer("127.0.0.1", 0, _app(source))
        await server.start()
        try:
            ready = await _ask(server, "/health/ready")
            assert (200, {"status": "ready", "issues": []}) == (ready.status_code, ready.json())
            live = await _ask(server, "/health/live")
            assert (200, {"status": "live", "issues": []}) == (live.status_code, live.json())
            assert live.headers["cache-control"] == "no-store"
            assert "server" not in live.headers

            source.now = replace(WELL, phase=Phase.DRAINING)
            ready = await _ask(server, "/health/ready")
            assert ready.status_code == 503
            assert ready.json()["status"] == "not ready"
            assert (await _ask(server, "/health/live")).status_code == 200

            source.now = replace(WELL, stalls=(Stall("results", 90),))
            live = await _ask(server, "/health/live")
            assert live.status_code == 503
            assert live.json()["status"] == "not live"
            (issue,) = live.json()["issues"]
            assert issue["code"] == "loop_stalled"
            assert issue["text"] == "results has not turned for 90 s"
        finally:
            await server.stop()

    run(main())


def test_knows_no_other_path_and_no_other_method() -> None:
    async def main() -> None:
        server = OpsServer("127.0.0.1", 0, _app())
        await server.start()
        try:
            assert (await _ask(server, "/")).status_code == 404
            assert (await _ask(server, "/health/ready", "POST")).status_code == 405
            assert (await _ask(server, "/health/ready", "HEAD")).status_code == 200
        finally:
            await server.stop()

    run(main())


def test_no_path_leads_anywhere_else() -> None:
    """As sent, for clients of better manners than an attacker's tidy paths up."""

    async def main() -> None:
        server = OpsServer("127.0.0.1", 0, _app())
        await server.start()
        try:
            for path in (
                "//health",
                "/health/../metrics",
                "/health/%2e%2e/metrics",
                "/..%2f..%2fetc/passwd",
                "/../../../../etc/passwd",
                "/.env",
                "/metrics%00",
                "/health\\..\\metrics",
                "http://127.0.0.1/etc/passwd",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(
                    f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
                )
                status, _, rest = (await reader.read()).partition(b"\r\n")
                assert status == b"HTTP/1.1 404 Not Found", path
                assert b"application/problem+json" in rest
                writer.close()
        finally:
            await server.stop()

    run(main())


def test_says_which_address_cannot_be_had() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            server = OpsServer("127.0.0.1", port, _app())
            with pytest.raises(
                Fatal, match=rf"127\.0\.0\.1:{port}: address already in use.*OPS_PORT"
            ):
                await server.start()
            await server.stop()

    run(main())


def test_leaves_signal_handlers_alone() -> None:
    async def main() -> None:
        before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        server = OpsServer("127.0.0.1", 0, _app())
        await server.start()
        await _ask(server, "/health/live")
        during = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        await server.stop()
        assert before == during

    run(main())


def test_ends_in_time_with_a_request_that_never_ends() -> None:
    async def main() -> None:
        entered = asyncio.Event()

        async def hang(scope: Scope, receive: Receive, send: Send) -> None:
            entered.set()
            await asyncio.Event().wait()

        server = OpsServer("127.0.0.1", 0, hang)
        await server.start()
        asking = asyncio.create_task(_ask(server, "/"))
        await entered.wait()
        async with asyncio.timeout(5):
            await server.stop()
            await server.stop()
        assert (await asking).status_code == 500

    run(main())


def test_ends_in_time_with_a_client_that_says_nothing() -> None:
    async def main() -> None:
        server = OpsServer("127.0.0.1", 0, _app())
        await server.start()
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        async with asyncio.timeout(5):
            await server.stop()
        writer.close()

    run(main())


def test_frees_the_port_when_it_ends() -> None:
    async def main() -> None:
        server = OpsServer("127.0.0.1", 0, _app())
        await server.start()
        port = server.port
        await server.stop()
        again = OpsServer("127.0.0.1", port, _app())
        await again.start()
        assert (await _ask(again, "/health/live")).status_code == 200
        await again.stop()

    run(main())


def test_a_failing_route_costs_that_request_alone() -> None:
    async def main() -> None:
        source = Source(WELL)
        server = OpsServer("127.0.0.1", 0, _app(source))
        await server.start()
        try:
            source.now = None  # type: ignore[assignment]  # a source that breaks its promise
            assert (await _ask(server, "/health/ready")).status_code == 500
            source.now = WELL
            assert (await _ask(server, "/health/ready")).status_code == 200
        finally:
            await server.stop()

    run(main())


def test_the_end_of_the_server_task_ends_nothing_else() -> None:
    async def main() -> None:
        server = OpsServer("127.0.0.1", 0, _app())
        await server.start()
        (task,) = [task for task in asyncio.all_tasks() if task.get_name() == "ops"]
        task.cancel()
        await until(task.done, "the task has ended")
        await server.stop()

    run(main())


def test_metrics_are_told_in_the_format_that_the_scraper_prefers() -> None:
    async def main() -> None:
        metrics = Metrics()
        metrics.counter(counter("things", "Things")).of().add(3)
        server = OpsServer("127.0.0.1", 0, _app(metrics=metrics))
        await server.start()
        try:
            plain = await _ask(server, "/metrics")
            asked = {"accept": "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"}
            openmetrics = await _ask(server, "/metrics", headers=asked)
        finally:
            await server.stop()
        assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert openmetrics.headers["content-type"].startswith("application/openmetrics-text; ")
        assert openmetrics.text.endswith("# EOF\n")
        for answer in (plain, openmetrics):
            assert answer.status_code == 200
            assert "mailer_things_total 3.0\n" in answer.text

    run(main())
