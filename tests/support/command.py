"""Commands as their user runs them, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

PROJECT = Path(__file__).parents[2]


class Ended(NamedTuple):
    code: int
    out: list[str]
    err: list[str]


class Command:
    """`kafka-mailer <verb> …` with an environment of the test's own."""

    def __init__(self, *verb: str, env: Mapping[str, str]) -> None:
        self._verb = verb
        self._env = os.environ | {"PYTHONPATH": str(PROJECT), **env}

    def start(self, *arguments: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
        """To be used as a context manager."""
        return subprocess.Popen(
            [sys.executable, "-m", "app", *self._verb, *arguments],
            env=self._env,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *arguments: str) -> Ended:
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=60)
        return Ended(process.returncode, out.splitlines(), err.splitlines())
