"""The relay's process and its control."""

from __future__ import annotations

import os
import socket
import sys
from typing import TYPE_CHECKING, Self

from tests.faults.conduct import Conduct, Entry
from tests.support.ports import answers, free_ports
from tests.support.process import ChildProcess
from tests.support.service import REPOSITORY
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path

ANSWER_S = 30.0


class Relay:
    """A context manager; keeps its port when it goes and comes."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.port, self._control_port = free_ports(2)
        self._folder = folder
        self._record = folder / "relay.record"
        self._seed = seed
        self._read_to = 0

    def __enter__(self) -> Self:
        self._process = ChildProcess(
            [
                *(sys.executable, "-m", "tests.faults.server"),
                *(str(self.port), str(self._control_port), str(self._record), str(self._seed)),
            ],
            log=self._folder / "relay.log",
            env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
            cwd=self._folder,
        )
        wait_until(lambda: answers(self._control_port), "the relay listens", 30)
        self._socket = socket.create_connection(("127.0.0.1", self._control_port), ANSWER_S)
        self._answers = self._socket.makefile("rb")
        return self

    def __exit__(self, *_: object) -> None:
        self._answers.close()
        self._socket.close()
        self._process.kill()

    def behave(self, conduct: Conduct) -> None:
        self._ask(b"conduct " + conduct.encoded())

    def go(self) -> None:
        """Drop what is open and refuse connections."""
        self._ask(b"go")

    def come(self) -> None:
        self._ask(b"come")

    def news(self) -> list[Entry]:
        """What was written down since the last call."""
        self._ask(b"flush")
        with self._record.open("rb") as record:
            record.seek(self._read_to)
            data = record.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read_to += len(whole)
        return [Entry.parse(line) for line in whole.splitlines()]

    def _ask(self, line: bytes) -> None:
        self._socket.sendall(line + b"\n")
        assert self._answers.readline() == b"done\n", "the relay's process does not answer"
