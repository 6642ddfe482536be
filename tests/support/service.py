"""The real service, started as an operator would: a process with an environment."""

from __future__ import annotations

import os
import signal
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import orjson

from tests.support.ports import free_port
from tests.support.process import ChildProcess
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.support.topics import Topics

REPOSITORY = Path(__file__).resolve().parents[2]

# Of the developer's environment only this: a stray SMTP_HOST must not reach a test.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE")
COVERAGE = "COVERAGE_"


class Service:
    """`python -m app run` in `folder`, JSON log lines collected as `events`.

    A context manager that kills what still runs. After its end, `start` runs it once more with
    the same settings; the events of all runs stay together. A subclass may run another `module`.
    """

    module = "app"

    def __init__(
        self,
        folder: Path,
        env: Mapping[str, str],
        arguments: Sequence[str] = ("run",),
    ) -> None:
        self.folder = folder
        self.ops_port = int(env.get("OPS_PORT") or free_port())
        self.log = folder / "service.log"
        self.env = {
            "LOG_FORMAT": "json",
            "OPS_HOST": "127.0.0.1",
            **env,
            "OPS_PORT": str(self.ops_port),
        }
        self._arguments = tuple(arguments)
        self._process: ChildProcess | None = None
        self._events: list[dict[str, Any]] = []
        self._read_to = 0

    @classmethod
    def on(
        cls,
        folder: Path,
        *,
        brokers: str,
        topics: Topics,
        smtp_port: int,
        env: Mapping[str, str] | None = None,
    ) -> Self:
        """Between these servers, with settings that suit a test; `env` comes last."""
        return cls(
            folder,
            {
                "KAFKA_BROKERS": brokers,
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(smtp_port),
                "EMAIL_FROM": "Service <service@example.com>",
                **topics.env(),
                **(env or {}),
            },
        )

    def start(self) -> Self:
        """Does not wait; see `wait_ready`. What an earlier start left is ended."""
        if self._process is not None:
            self._process.kill()
        inherited = {
            name: value
            for name, value in os.environ.items()
            if name in INHERITED or name.startswith(COVERAGE)
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        self._process = ChildProcess(
            [sys.executable, "-m", self.module, *self._arguments],
            log=self.log,
            env={
                **inherited,
                "PYTHONPATH": str(REPOSITORY),
                "PYTHONUNBUFFERED": "1",
                **self.env,
            },
            cwd=self.folder,
        )
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()

    @property
    def process(self) -> ChildProcess:
        if self._process is None:
            raise RuntimeError("the service was not started")
        return self._process

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ops_port}"

    @property
    def output(self) -> str:
        """All that was said, JSON or not."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log lines so far that are JSON objects, oldest first."""
        if self.log.exists():
            with self.log.open("rb") as file:
                file.seek(self._read_to)
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # still being written
                    self._read_to += len(line)
                    if line.startswith(b"{"):
                        self._events.append(orjson.loads(line))
        return self._events

    def named(self, event: str) -> list[dict[str, Any]]:
        """The events of that name, like `email.delivered`."""
        return [one for one in self.events if one.get("event") == event]

    def health(self, path: str = "/health/ready") -> int | None:
        """The HTTP status, None while nothing listens."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=5.0) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code
        except OSError:
            return None

    def issues(self) -> dict[str, str]:
        """What health finds wrong: each issue's text by its code. OSError without an answer."""
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5.0) as answer:
                found = orjson.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                found = orjson.loads(refused.read())
        return {each["code"]: each["text"] for each in found["issues"]}

    def metric(self, name: str) -> float | None:
        """What `/metrics` says of a series without labels, None when it has none of that name."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=5.0) as answer:
            for line in answer.read().decode().splitlines():
                if line.startswith(f"{name} "):
                    return float(line.split()[1])
        return None

    def wait_ready(self, within: float = 30.0) -> Self:
        """Until `/health/ready` says 200; AssertionError when it ends or does not get there."""
        self.wait_for(lambda: self.health() == 200, "the service is ready", within)
        return self

    def wait_for_events(
        self, event: str, count: int = 1, within: float = 30.0
    ) -> list[dict[str, Any]]:
        """Until that event was logged so many times; all of them."""
        self.wait_for(
            lambda: len(self.named(event)) >= count, f"{count} times {event} in the log", within
        )
        return self.named(event)

    def wait_for(self, condition: Callable[[], object], what: str, within: float = 30.0) -> None:
        """As `wait_until`, but gives up at once when the process has ended."""
        process = self.process

        def met() -> bool:
            if condition():
                return True
            code = process.returncode
            assert code is None, f"ended with {code} before: {what}\n{process.tail()}"
            return False

        try:
            wait_until(met, what, within)
        except AssertionError as error:
            error.add_note(f"log {self.log} ends:\n{process.tail()}")
            raise

    def terminate(self) -> None:
        """SIGTERM; `wait` for the end."""
        self.process.send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL: no goodbyes."""
        self.process.kill()

    def wait(self, within: float = 40.0) -> int:
        """The exit code."""
        return self.process.wait(within)
