"""The broker that `kafka-mailer demo` brings."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from app.embedded.broker import broker_command
from app.embedded.errors import EmbeddedError
from tests.support.backends.backend import Broker, NotAvailable
from tests.support.ports import answers, free_port
from tests.support.process import ChildProcess

TRIES = 3
DEADLINE_S = 15.0
NAME = "embedded broker (noida-db)"


class Embedded:
    def __init__(self) -> None:
        self._process: ChildProcess | None = None
        self._data: Path | None = None

    def describe(self) -> str:
        self._command(0, None)
        return NAME

    def start(self, folder: Path) -> Broker:
        began = time.monotonic()
        said = ""
        for attempt in range(1, TRIES + 1):
            port = free_port()
            self._data = folder / f"data-{attempt}"
            log = folder / f"try-{attempt}.log"
            self._process = ChildProcess(self._command(port, self._data), log=log)
            deadline = time.monotonic() + DEADLINE_S
            while self._process.running and time.monotonic() < deadline:
                if answers(port):
                    ready_s = time.monotonic() - began
                    return Broker(f"127.0.0.1:{port}", NAME, False, ready_s, log)
                time.sleep(0.02)
            said = self._process.tail()
            self.stop()
        raise NotAvailable(f"{NAME} did not start; it said:\n{said}")

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process = None
        if self._data:
            shutil.rmtree(self._data, ignore_errors=True)

    @staticmethod
    def _command(port: int, data: Path | None) -> list[str]:
        try:
            return broker_command(port, data or Path())
        except EmbeddedError as error:
            raise NotAvailable(str(error)) from error
