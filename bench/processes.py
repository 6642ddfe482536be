"""Child processes of a benchmark, and what Linux counts of them."""

from __future__ import annotations

import contextlib
import os
import platform
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.faults.usage import cpu_s, resident_mb

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_KEPT: Final = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")


class Child:
    """A process of its own group, in `folder`; its output goes to a pipe, to `log`, or nowhere."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
        folder: Path | None = None,
        pipe: bool = False,
    ) -> None:
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        with contextlib.ExitStack() as stack:
            output: Any = subprocess.PIPE if pipe else subprocess.DEVNULL
            if log is not None:
                output = stack.enter_context(log.open("wb"))
            self._popen = subprocess.Popen(
                command,
                env=None if env is None else {**kept, **env},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=None if pipe else subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def running(self) -> bool:
        return self._popen.poll() is None

    @property
    def output(self) -> int:
        """The pipe's file descriptor."""
        if self._popen.stdout is None:
            raise RuntimeError("its output is no pipe")
        return self._popen.stdout.fileno()

    def line(self) -> str:
        """The first line of its output, read without a look at what follows."""
        found = b""
        while not found.endswith(b"\n"):
            octet = os.read(self.output, 1)
            if not octet:
                raise RuntimeError("it ended before it said anything")
            found += octet
        return found.decode().strip()

    def cpu_s(self) -> float:
        """Processor time since its start, threads included; of one that ended, nothing."""
        return cpu_s(self.pid)

    def resident_mb(self) -> float:
        return resident_mb(self.pid)

    def stop(self, within_s: float = 15.0) -> None:
        """Ask it to end, then insist."""
        self._popen.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(within_s)
        self.kill()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait()
        if self._popen.stdout is not None:
            self._popen.stdout.close()


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "load": round(os.getloadavg()[0], 2),
    }
