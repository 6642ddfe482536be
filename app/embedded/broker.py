"""A Kafka broker for one machine: the `noida-db` wheel as a child process."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import socket
import sys
from importlib import resources
from typing import TYPE_CHECKING, Self

from app.embedded.child import Child
from app.embedded.errors import INSTALL, EmbeddedError

if TYPE_CHECKING:
    from pathlib import Path

START_TIMEOUT_S = 15.0
HOST = "127.0.0.1"


def broker_command(port: int, data_dir: Path) -> list[str]:
    """The command line that runs the broker; raises EmbeddedError without the wheel."""
    arguments = ["start", "--only", "kafka", "--kafka-port", str(port)]
    arguments += ["--data-dir", str(data_dir)]
    if importlib.util.find_spec("noida_db") is None:
        raise EmbeddedError(f"the embedded broker (noida-db) is not here; {INSTALL}")
    # The wheel's launcher does not pass signals on, so its program is run without it.
    program = resources.files("noida_db") / "noida-db"
    if program.is_file() and os.access(str(program), os.X_OK):
        return [str(program), *arguments]
    return [sys.executable, "-m", "noida_db.cli", *arguments]


class EmbeddedBroker:
    """An async context manager: inside it, clients find Kafka at `brokers`."""

    def __init__(self, port: int, data_dir: Path) -> None:
        self._port = port
        self._data_dir = data_dir
        self._child: Child | None = None

    @property
    def brokers(self) -> str:
        return f"{HOST}:{self._port}"

    async def __aenter__(self) -> Self:
        """Returns when it accepts clients; raises EmbeddedError when it does not."""
        self._claim_port()
        child = Child("broker", broker_command(self._port, self._data_dir))
        try:
            await child.start()
        except OSError as error:
            raise EmbeddedError(f"the embedded broker cannot be run: {error}") from error
        self._child = child
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                await self._answers(child)
        except TimeoutError:
            await child.stop(within=0)
            raise EmbeddedError(
                f"the embedded broker did not answer on {self.brokers} within "
                f"{START_TIMEOUT_S:g} s; it said: {child.said}"
            ) from None
        except BaseException:
            await child.stop(within=0)
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._child:
            await self._child.stop()

    def _claim_port(self) -> None:
        """What answered on a taken port would be somebody else's server."""
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, self._port))
            except OSError as error:
                raise EmbeddedError(
                    f"the embedded broker cannot listen on {self.brokers}: {error.strerror}"
                ) from error

    async def _answers(self, child: Child) -> None:
        while True:
            if child.returncode is not None:
                raise EmbeddedError(
                    f"the embedded broker ended with {child.returncode}; it said: {child.said}"
                )
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, self._port)
                writer.close()
                await writer.wait_closed()
                return
            await asyncio.sleep(0.02)
