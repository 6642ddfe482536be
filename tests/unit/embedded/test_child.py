"""A child process: what it says is heard, and its end is certain."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import TYPE_CHECKING

from app.embedded.child import Child
from tests.support.ports import answers, free_port
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from pathlib import Path

PYTHON = (sys.executable, "-u", "-c")


def test_every_line_is_heard_and_the_last_are_kept() -> None:
    heard: list[str] = []

    async def main() -> Child:
        code = "import sys; print('out'); sys.stdout.flush(); print('err', file=sys.stderr)"
        child = Child("talker", [*PYTHON, code], on_line=heard.append)
        await child.start()
        assert await child.wait() == 0
        await child.stop()
        return child

    assert run(main()).said == "out\nerr"
    assert heard == ["out", "err"]


def test_a_line_over_the_limit_does_not_end_the_hearing() -> None:
    heard: list[str] = []

    async def main() -> None:
        code = "print('x' * 3_000_000); print('after')"
        child = Child("talker", [*PYTHON, code], on_line=heard.append)
        await child.start()
        await until(lambda: "after" in heard, "the line after the long one")
        await child.stop()

    run(main())


def test_a_child_that_ignores_the_request_is_ended_all_the_same() -> None:
    async def main() -> int | None:
        code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('on'); time.sleep(60)"
        heard: list[str] = []
        child = Child("stubborn", [*PYTHON, code], on_line=heard.append)
        await child.start()
        await until(lambda: heard, "it runs")
        return await child.stop(within=0.1)

    assert run(main()) == -signal.SIGKILL


def test_what_the_child_started_ends_with_it(tmp_path: Path) -> None:
    port = free_port()
    server = f"import socket, time; s = socket.create_server(('127.0.0.1', {port})); time.sleep(60)"
    code = f"import subprocess, sys; subprocess.call([sys.executable, '-c', {server!r}])"

    async def main() -> None:
        child = Child("parent", [*PYTHON, code], cwd=tmp_path)
        await child.start()
        await until(lambda: answers(port), "the grandchild listens")
        await child.stop()
        await until(lambda: not answers(port), "the grandchild is gone")

    run(main())


def test_stopping_what_has_ended_is_harmless() -> None:
    async def main() -> None:
        child = Child("short", [*PYTHON, ""])
        assert await child.stop() is None
        await child.start()
        await asyncio.gather(child.wait(), child.wait())
        assert [await child.stop(), await child.stop()] == [0, 0]

    run(main())
