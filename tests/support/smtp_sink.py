"""Postfix's smtp-sink: takes mail as fast as it can and throws it away, or keeps it in files."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING, Self

from tests.support.ports import answers, free_port
from tests.support.process import ChildProcess

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

TRIES = 3
DEADLINE_S = 10.0
BACKLOG = 1000


class SmtpSink:
    """A context manager. `keep` writes each mail to a file of `folder`; `options` as smtp-sink's.

    For example `("-8",)` takes 8BITMIME away, `("-p",)` PIPELINING, `("-r", "rcpt")` answers a
    command with 4xx, `("-W", "rcpt:1")` delays it.
    """

    host = "127.0.0.1"

    def __init__(self, folder: Path, *, keep: bool = True, options: Sequence[str] = ()) -> None:
        self.port = 0
        self._folder = folder
        self._keep = keep
        self._options = tuple(options)
        self._process: ChildProcess | None = None

    @staticmethod
    def why_not() -> str | None:
        """What stands against running it here, None when nothing does."""
        return None if shutil.which("smtp-sink") else "not installed"

    def __enter__(self) -> Self:
        self._folder.mkdir(parents=True, exist_ok=True)
        keep = ("-d", f"{self._folder}/%s.%M.") if self._keep else ()
        user = ("-u", "root") if os.geteuid() == 0 else ()
        for attempt in range(1, TRIES + 1):
            self.port = free_port()
            address = f"inet:{self.host}:{self.port}"
            self._process = ChildProcess(
                ["smtp-sink", *user, *keep, *self._options, address, str(BACKLOG)],
                log=self._folder.with_suffix(".log"),
            )
            deadline = time.monotonic() + DEADLINE_S
            while self._process.running and time.monotonic() < deadline:
                if answers(self.port):
                    return self
                time.sleep(0.02)
            said = self._process.tail()
            self.__exit__()
            assert attempt < TRIES, f"smtp-sink did not start:\n{said}"
        raise AssertionError("unreachable")

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process = None

    def mails(self) -> list[bytes]:
        """What it kept; each begins with smtp-sink's own headers (X-Mail-Args, X-Rcpt-Args)."""
        return [file.read_bytes() for file in sorted(self._folder.iterdir())]
