"""Commands run inside the test: quick, as nothing has to be imported again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from app.cli.main import run_command_line
from tests.support.command import Command

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    import pytest


class Said(NamedTuple):
    """What a command came to."""

    code: int | None
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as JSON lines."""
        return [orjson.loads(line) for line in self.out.splitlines()]


class CommandLine:
    """`kafka-mailer VERB…` with this environment, until `monkeypatch` puts it back."""

    def __init__(
        self,
        *verb: str,
        env: Mapping[str, str],
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        self._verb = verb
        self._env = env
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        self._capsys.readouterr()
        code = run_command_line([*self._verb, *arguments])
        return Said(code, *self._capsys.readouterr())

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """A process of its own, which can be interrupted and killed."""
        return Command(*self._verb, env=self._env).start(*arguments)


def ended(process: subprocess.Popen[str], within: float = 60.0) -> Said:
    """Wait for its end."""
    out, err = process.communicate(timeout=within)
    return Said(process.returncode, out, err)
