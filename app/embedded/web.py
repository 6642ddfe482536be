"""An ASGI application on a loopback port, inside this process and its event loop."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import TYPE_CHECKING, Self

import uvicorn
from typing_extensions import override

from app.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.types import ASGIApp

HOST = "127.0.0.1"


class _Server(uvicorn.Server):
    """Leaves signals to the program around it."""

    @override
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WebServer:
    """An async context manager; `port` 0 takes a free one."""

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._asked_port = port
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", server_header=False
        )
        self._server = _Server(config)
        self._socket: socket.socket | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        if self._socket is None:
            raise RuntimeError("the page is not served")
        return f"http://{HOST}:{self._socket.getsockname()[1]}"

    async def __aenter__(self) -> Self:
        """Connections are taken from here on; raises EmbeddedError when the port is taken."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, self._asked_port))
            listening.listen()
        except OSError as error:
            listening.close()
            raise EmbeddedError(
                f"cannot listen on {HOST}:{self._asked_port}: {error.strerror}"
            ) from error
        self._socket = listening
        self._task = asyncio.create_task(self._server.serve([listening]), name="mailbox-page")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._server.force_exit = True
        if self._task:
            await self._task
        if self._socket:
            self._socket.close()
            self._socket = None
