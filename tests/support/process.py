"""A child process of the suite: its output in a file, its end certain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

# Its input is a pipe from us, which closes when we end, however we end.
WATCHDOG = 'read -r _; kill -s KILL -- "-$1"'


class ChildProcess:
    """Leads a process group of its own, so that a terminal's Ctrl-C leaves its end to us.

    Should pytest itself be killed, a watchdog ends the group.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=None if env is None else dict(env),
                cwd=cwd,
                start_new_session=True,
            )
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", WATCHDOG, "watchdog", str(self.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal, None while it runs."""
        return self._popen.poll()

    @property
    def running(self) -> bool:
        return self.returncode is None

    def send(self, signum: signal.Signals) -> None:
        """To this process alone; no error when it has ended already."""
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self._popen.send_signal(signum)

    def wait(self, within: float) -> int:
        """The exit code; AssertionError with the end of the log when it lives on."""
        try:
            return self._popen.wait(within)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {within:g} s:\n{self.tail()}") from None

    def stop(self, within: float = 10.0) -> None:
        """Ask it to end, then insist; its whole group is gone afterwards."""
        self.send(signal.SIGTERM)
        with contextlib.suppress(AssertionError):
            self.wait(within)
        self.kill()

    def kill(self) -> None:
        """SIGKILL to the whole group, also when its leader has ended."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        self._watchdog.kill()
        self._watchdog.communicate()

    def tail(self, lines: int = 30) -> str:
        """The last lines of its output."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
