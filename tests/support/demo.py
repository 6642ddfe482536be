"""`kafka-mailer demo` as a user runs it, with or without a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from tests.support.ports import answers, free_ports
from tests.support.service import REPOSITORY
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path


class Demo:
    """A demo on ports of its own, with its temporary files in `folder`."""

    def __init__(self, folder: Path, *arguments: str, terminal: bool = False) -> None:
        self.ports = dict(zip(("kafka", "smtp", "page", "health"), free_ports(4), strict=True))
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        ports = [
            text for name, port in self.ports.items() for text in (f"--{name}-port", str(port))
        ]
        reading, writing = pty.openpty() if terminal else os.pipe()
        self._said = b""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app", "demo", *ports, *arguments],
            stdin=writing if terminal else subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={
                **os.environ,
                "PYTHONPATH": str(REPOSITORY),
                "TMPDIR": str(self.temporary),
                "TERM": "xterm",
                "COLUMNS": "120",
                "LINES": "40",
            },
            start_new_session=True,
        )
        os.close(writing)
        self._reader = threading.Thread(target=self._read, args=(reading,), daemon=True)
        self._reader.start()

    def _read(self, reading: int) -> None:
        with contextlib.suppress(OSError):  # a terminal ends with EIO
            while more := os.read(reading, 65536):
                self._said += more
        os.close(reading)

    @property
    def said(self) -> str:
        return self._said.decode(errors="replace")

    def wait_for(self, text: str, within: float = 30.0) -> None:
        wait_until(
            lambda: text in self.said or self._process.poll() is not None, f"{text!r} said", within
        )
        assert text in self.said, self.said

    def signal(self, signum: signal.Signals) -> None:
        self._process.send_signal(signum)

    def end(self, within: float = 40.0) -> int:
        code = self._process.wait(within)
        self._reader.join(5.0)
        return code

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def traces(self) -> list[str]:
        """What is left of it: files, and ports that still answer."""
        files = [path.name for path in self.temporary.iterdir()]
        return files + [name for name, port in self.ports.items() if answers(port)]
