"""A child process whose end is certain, with the last of what it said."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from typing import TYPE_CHECKING

from app.embedded.tether import tether

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

KEPT_LINES = 50
LONGEST_LINE = 1 << 20


class Child:
    """Standard output and error are read line by line; `on_line` gets each.

    It leads a process group of its own: Ctrl-C on the terminal reaches the parent alone, which
    then ends its children in order, and `stop` ends what the child started as well. On Linux it
    does not outlive a parent that is killed.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> None:
        self.name = name
        self._command = command
        self._env = env
        self._cwd = cwd
        self._on_line = on_line
        self._said: deque[str] = deque(maxlen=KEPT_LINES)
        self._process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal; None before the start and while it runs."""
        return self._process.returncode if self._process else None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def said(self) -> str:
        """The last lines of its output."""
        return "\n".join(self._said)

    async def start(self) -> None:
        """Raises OSError when the program cannot be run."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=None if self._env is None else dict(self._env),
            cwd=self._cwd,
            limit=LONGEST_LINE,
            start_new_session=True,
            preexec_fn=tether(),
        )
        self._reader = asyncio.create_task(self._read(), name=f"{self.name}-output")

    async def wait(self) -> int:
        """Its exit code, once it has ended by itself."""
        if self._process is None:
            raise RuntimeError(f"{self.name} was not started")
        return await self._process.wait()

    async def stop(self, within: float = 5.0) -> int | None:
        """Ask it to end and insist after `within` seconds; harmless when it has ended."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within):
                await process.wait()
        self._signal(signal.SIGKILL)
        code = await process.wait()
        if self._reader:
            await self._reader
        return code

    def _signal(self, signum: signal.Signals) -> None:
        """To the whole group."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signum)

    async def _read(self) -> None:
        stream = self._process.stdout if self._process else None
        if stream is None:
            return
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the limit: its beginning is dropped
                continue
            if not line:
                return
            text = line.decode(errors="replace").rstrip("\r\n")
            self._said.append(text)
            if self._on_line:
                self._on_line(text)
