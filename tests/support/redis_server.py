"""A real Redis on a free port, that can be killed, started again and held still."""

from __future__ import annotations

import shutil
import signal
import tempfile
from pathlib import Path
from typing import Self

import redis

from tests.support.ports import free_port
from tests.support.process import ChildProcess
from tests.support.waiting import wait_until

PASSWORD = "ein Geheimnis/42"
QUOTED = "ein%20Geheimnis%2F42"


class RedisServer:
    """A context manager. It keeps nothing on disk: killed, it forgets."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folder = Path()
        self._process: ChildProcess | None = None

    @staticmethod
    def why_not() -> str | None:
        """What stands against running it here, None when nothing does."""
        return None if shutil.which("redis-server") else "not installed"

    @property
    def url(self) -> str:
        return f"valkey://:{QUOTED}@127.0.0.1:{self.port}/0"

    @property
    def socket_url(self) -> str:
        return f"unix://:{QUOTED}@{self._folder}/redis.sock?db=0"

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="kafka-mailer-redis-"))
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def start(self) -> Self:
        """On the same port as before; returns when it answers."""
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        command += ["--requirepass", PASSWORD, "--unixsocket", f"{self._folder}/redis.sock"]
        self._process = ChildProcess(command, log=self._folder / "redis.log")
        wait_until(self._answers, "Redis answers")
        return self

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None

    def hold(self) -> None:
        """It accepts connections and answers nothing, until `go_on`."""
        assert self._process is not None
        self._process.send(signal.SIGSTOP)

    def go_on(self) -> None:
        assert self._process is not None
        self._process.send(signal.SIGCONT)

    def renew(self) -> None:
        """Running and empty, whatever a test did."""
        if self._process is None:
            self.start()
        self.go_on()
        self.ask("FLUSHALL")

    def ask(self, *words: str) -> object:
        """One command's answer."""
        client = redis.Redis(
            port=self.port, password=PASSWORD, decode_responses=True, socket_timeout=5
        )
        try:
            return client.execute_command(*words)  # type: ignore[no-untyped-call]
        finally:
            client.close()

    def everything(self) -> dict[str, str]:
        """Keys and values, but for those of probes."""
        keys = self.ask("KEYS", "*")
        assert isinstance(keys, list)
        return {key: str(self.ask("GET", key)) for key in keys if ":probe" not in key}

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.running, self._process.tail()
        try:
            return self.ask("PING") in {True, "PONG"}
        except redis.ConnectionError:
            return False
