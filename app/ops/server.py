"""Serving HTTP beside the work, without ever being able to stop it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from typing import TYPE_CHECKING

import uvicorn
from typing_extensions import override

from app.domain.errors import Fatal
from app.ops.visitors import Visitors, known_to

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

log = logging.getLogger(__name__)

_END_S = 2.0
_LARGEST_HEAD = 16 * 1024
# uvloop accepts one connection of a socket in each turn of the loop. Turns are long when much mail
# is sent, and a probe behind a thousand connections would wait for as many.
_ACCEPTED_AT_ONCE = 16


class _Server(uvicorn.Server):
    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals belong to the service, which drains before it ends."""
        yield


class OpsServer:
    """A task on the running loop; its failure is logged and goes no further."""

    def __init__(
        self, host: str, port: int, app: ASGIApp, visitors: Visitors | None = None
    ) -> None:
        self._host = host
        self._wanted_port = port
        self._app = app
        self._server: _Server | None = None
        self._listening: list[socket.socket] = []
        self._task: asyncio.Task[None] | None = None
        self.visitors = Visitors(time.monotonic) if visitors is None else visitors

    @property
    def port(self) -> int:
        """The port in use, which for port 0 is known after `start`."""
        return self._listening[0].getsockname()[1] if self._listening else self._wanted_port

    async def start(self) -> None:
        """Listen: who connects from now on is answered. `Fatal` when the port cannot be had."""
        self._listening = await self._listen()
        self._server = _Server(
            uvicorn.Config(
                self._app,
                http=known_to(self.visitors),
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                h11_max_incomplete_event_size=_LARGEST_HEAD,
                timeout_graceful_shutdown=1,
            )
        )
        self._task = asyncio.create_task(self._serve(self._server, self._listening), name="ops")
        log.info("health is at http://%s/health/ready", self._address())

    async def stop(self) -> None:
        """End within two seconds, whatever clients do; may be called twice."""
        task, self._task = self._task, None
        if task is None or self._server is None:
            return
        self._server.should_exit = True
        _, running = await asyncio.wait([task], timeout=_END_S)
        if running:
            task.cancel()
            await asyncio.wait([task], timeout=_END_S)
        for each in self._listening:
            each.close()

    async def _serve(self, server: _Server, listening: list[socket.socket]) -> None:
        watching = asyncio.create_task(self.visitors.watch(), name="ops visitors")
        try:
            await server.serve(sockets=listening)
        except (Exception, SystemExit):
            log.exception("health is not served any more; mail goes on")
        finally:
            watching.cancel()

    async def _listen(self) -> list[socket.socket]:
        """The same socket as often as connections are to be accepted in a turn of the loop."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(
                self._host, self._wanted_port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            family, _, _, _, address = found[0]
            one = socket.create_server(address[:2], family=family)
            return [one, *(one.dup() for _ in range(_ACCEPTED_AT_ONCE - 1))]
        except OSError as error:
            reason = (error.strerror or "failed").lower()
            raise Fatal(
                f"cannot serve health on {self._address()}: {reason}; "
                "set OPS_HOST and OPS_PORT to an address that is free"
            ) from None

    def _address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{host}:{self.port}"
