"""The service under measurement, as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Final, Self

import orjson

from app.cli.answers import answer_of, is_ready
from app.cli.bench.numbers import Numbers
from app.domain.errors import MailerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_ANSWER_S: Final = 10.0
_LOOK_S: Final = 0.02
_OUTCOME: Final = b'"event":"email.'
_WORDS: Final = 10
_SHUTDOWN_S: Final = 8.0


class BenchFailed(MailerError):
    """The run cannot go on; the text says why."""


class MeasuredService:
    """An async context manager: inside it the service runs, and afterwards it is gone.

    Its log goes to a file, which is read only as far as needed: what measures shall not be in the
    way of what is measured.
    """

    def __init__(self, env: Mapping[str, str], port: int, log: Path) -> None:
        self._env = env
        self._port = port
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._counted = 0
        self._outcomes = 0

    async def __aenter__(self) -> Self:
        with self._log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app.cli.bench.serving"),
                stdin=asyncio.subprocess.PIPE,
                stdout=output,
                stderr=output,
                env=dict(self._env),
                start_new_session=True,
            )
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._process
        if process is None:
            return
        self._signal(signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SHUTDOWN_S):
                await process.wait()
        self._signal(signal.SIGKILL)
        await process.wait()

    async def ready(self, within_s: float) -> None:
        """Return when mail flows; `BenchFailed` when it ends before, or does not get there."""
        try:
            async with asyncio.timeout(within_s):
                while not await self.is_ready():
                    self.look()
                    await asyncio.sleep(_LOOK_S)
        except TimeoutError:
            raise BenchFailed(
                f"the service was not ready after {within_s:g} s:\n{self.last_words()}"
            ) from None

    def look(self) -> int:
        """How many outcomes it has logged; `BenchFailed` when it has ended."""
        if self._process is not None and self._process.returncode is not None:
            raise BenchFailed(
                f"the service ended with {self._process.returncode}:\n{self.last_words()}"
            )
        with self._log.open("rb") as log:
            log.seek(self._counted)
            said = log.read()
        whole = said.rfind(b"\n") + 1
        self._counted += whole
        self._outcomes += said.count(_OUTCOME, 0, whole)
        return self._outcomes

    def lines(self) -> Iterator[bytes]:
        """All that it has logged."""
        with self._log.open("rb") as log:
            yield from log

    def last_words(self) -> str:
        """The ends of its log as text, of warnings and worse if there are any."""
        told = [_told(line) for line in self._log.read_bytes().splitlines()]
        grave = [text for text, is_grave in told if is_grave]
        return "\n".join((grave or [text for text, _ in told])[-_WORDS:])

    async def numbers(self) -> Numbers:
        """Its metrics; raises `BenchFailed` when it gives none."""
        try:
            status, body = await answer_of(self._port, "/metrics", _ANSWER_S)
        except (OSError, TimeoutError) as error:
            self.look()
            raise BenchFailed(f"the service does not tell its metrics: {error!r}") from None
        if status != b"200":
            raise BenchFailed(f"the service does not tell its metrics: {status.decode()}")
        return Numbers(body.decode(), time.perf_counter())

    async def is_ready(self) -> bool:
        """Whether mail flows, as its health says."""
        return await is_ready(self._port)

    def _signal(self, number: signal.Signals) -> None:
        """To its whole group."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)


def _told(line: bytes) -> tuple[str, bool]:
    """A line of the log as text, and whether it is a warning or worse."""
    text = line.decode(errors="replace")
    if not line.startswith(b"{"):
        return text, True
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return text, False
    parts = (
        event.get("event"),
        event.get("error_kind"),
        event.get("reply"),
        event.get("exception"),
    )
    words = " ".join(str(part) for part in parts if part)
    return words, event.get("level") in {"warning", "error", "critical"}
