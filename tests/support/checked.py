"""`kafka-mailer check` for tests: run, and what it found by code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import orjson

from tests.support.command_line import CommandLine

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pytest


class Checked(NamedTuple):
    """`findings` are as `--json` prints them."""

    code: int | None
    findings: list[dict[str, Any]]
    seconds: float
    err: str

    @property
    def faults(self) -> set[tuple[str, str]]:
        """Code and subject of whatever is not ok."""
        return {(each["code"], each["subject"]) for each in self.findings if each["code"]}

    @property
    def codes(self) -> set[str]:
        return {code for code, _ in self.faults}

    def one(self, code: str) -> dict[str, Any]:
        (found,) = [each for each in self.findings if each["code"] == code]
        return found

    def mend(self, code: str) -> str:
        """Of the only fault of this code."""
        return str(self.one(code)["mend"])


class Check:
    """Runs it inside the test, on some areas."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        env: Mapping[str, str],
    ) -> None:
        self._run = CommandLine("check", env=env, monkeypatch=monkeypatch, capsys=capsys)
        self._monkeypatch = monkeypatch

    def __call__(
        self, *arguments: str, env: Mapping[str, str] | None = None, timeout: float = 5.0
    ) -> Checked:
        with self._monkeypatch.context() as patch:
            for name, value in (env or {}).items():
                patch.setenv(name, value)
            code, out, err = self._run("--json", "--timeout", str(timeout), *arguments)
        document = orjson.loads(out)
        return Checked(code, document["findings"], document["seconds"], err)
