"""`kafka-mailer demo` as a user runs it."""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.support.ports import answers, free_ports
from tests.support.service import REPOSITORY
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
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


@pytest.fixture
def demos(tmp_path: Path) -> Iterator[list[Demo]]:
    """Those that a test began; none outlives it."""
    begun: list[Demo] = []
    yield begun
    for one in begun:
        one.kill()


def test_without_a_terminal_it_shows_all_and_ends_with_0(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path))

    assert demo.end() == 0, demo.said
    assert "\x1b" not in demo.said
    assert "12 of 12 ended: 10 delivered, 2 dead" in demo.said
    assert "retrying in 2 s" in demo.said
    assert f"http://127.0.0.1:{demo.ports['page']}" in demo.said
    assert demo.traces() == []


def test_on_a_terminal_it_stays_until_ctrl_c(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path, terminal=True))
    demo.wait_for("12 of 12 ended")
    assert "send --kafka-brokers" in demo.said
    assert answers(demo.ports["page"])

    brokers = f"127.0.0.1:{demo.ports['kafka']}"
    mail = ("--to", "you@example.com", "--subject", "By hand", "--text", "It works")
    sent = subprocess.run(
        [sys.executable, "-m", "app", "send", "--kafka-brokers", brokers, *mail],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert sent.returncode == 0, sent.stderr
    demo.wait_for("Yours: By hand")
    demo.signal(signal.SIGINT)

    assert demo.end() == 0
    assert demo.traces() == []


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_the_show_leaves_nothing_behind(
    tmp_path: Path, demos: list[Demo], signum: signal.Signals
) -> None:
    demos.append(demo := Demo(tmp_path))
    demo.wait_for("queued")
    demo.signal(signum)
    demo.signal(signum)

    assert demo.end() == 130
    assert demo.traces() == []


def test_a_signal_amid_the_start_leaves_nothing_behind(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path))
    demo.wait_for("Starting")
    wait_until(lambda: answers(demo.ports["kafka"]), "the broker answers")
    demo.signal(signal.SIGHUP)

    assert demo.end() == 130
    assert demo.traces() == []


@pytest.mark.parametrize("name", ["kafka", "smtp", "page", "health"])
def test_a_taken_port_that_was_asked_for_is_an_error(
    tmp_path: Path, demos: list[Demo], name: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        demos.append(demo := Demo(tmp_path, f"--{name}-port={port}"))

        assert demo.end() == 1
    assert f"127.0.0.1:{port}" in demo.said
    assert "Traceback" not in demo.said
    assert list(demo.temporary.iterdir()) == []
