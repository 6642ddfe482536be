"""`kafka-mailer demo` as a user runs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.demo import Demo
from tests.support.ports import answers
from tests.support.service import REPOSITORY
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of that")
def test_a_demo_that_is_killed_takes_its_servers_along(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path))
    demo.wait_for("queued")
    assert answers(demo.ports["kafka"])
    assert answers(demo.ports["health"])
    demo.signal(signal.SIGKILL)

    assert demo.end() == -signal.SIGKILL
    wait_until(lambda: not any(map(answers, demo.ports.values())), "its servers are gone")


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
