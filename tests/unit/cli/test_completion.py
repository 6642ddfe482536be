"""What the TAB key offers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.main import root, run_command_line
from app.cli.verbs import PROGRAM, VERBS

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Offered:
    return Offered(monkeypatch, capsys)


class Offered:
    """The words that a shell is given for a line whose last word is begun."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, line: str) -> list[str]:
        words = line.split(" ")
        self._monkeypatch.setenv("_KAFKA_MAILER_COMPLETE", "bash_complete")
        self._monkeypatch.setenv("COMP_WORDS", line)
        self._monkeypatch.setenv("COMP_CWORD", str(len(words) - 1))
        with pytest.raises(SystemExit) as ended:
            root.main([], PROGRAM, standalone_mode=False)
        assert ended.value.code == 0
        return [each.partition(",")[2] for each in self._capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kafka-mailer re", ["results", "render"]),
        ("kafka-mailer dlq s", ["show", "stats"]),
        ("kafka-mailer topics ", ["show", "plan", "apply"]),
        ("kafka-mailer --kafka-g", ["--kafka-group"]),
        ("kafka-mailer --vers", ["--version"]),
        ("kafka-mailer --workers 3 --po", ["--port"]),
        ("kafka-mailer run --smtp-security start", ["starttls"]),
        ("kafka-mailer run --kafka-create-topics f", ["false"]),
        ("kafka-mailer results --status de", ["delivered", "dead"]),
        ("kafka-mailer schema me", ["message"]),
    ],
)
def test_what_a_line_may_go_on_with(offered: Offered, line: str, expected: list[str]) -> None:
    assert sorted(offered(line)) == sorted(expected)


def test_all_verbs_are_offered_without_loading_one(offered: Offered) -> None:
    assert offered("kafka-mailer ") == list(VERBS)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_own(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["completion", shell]) == 0
    assert f"_KAFKA_MAILER_COMPLETE={shell}_complete" in capsys.readouterr().out


def test_the_shell_is_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SHELL", "/usr/bin/zsh")
    assert run_command_line(["completion"]) == 0
    assert "#compdef kafka-mailer" in capsys.readouterr().out
    monkeypatch.setenv("SHELL", "/bin/csh")
    assert run_command_line(["completion"]) == 2
    assert "Say for which shell: bash, zsh, fish." in capsys.readouterr().err


def test_a_real_bash_completes(tmp_path: Path) -> None:
    program = tmp_path / "kafka-mailer"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m app "$@"\n')
    program.chmod(0o755)
    script = f"""
        export PATH={tmp_path}:$PATH
        eval "$(kafka-mailer completion bash)"
        COMP_WORDS=(kafka-mailer dlq s) COMP_CWORD=2
        _kafka_mailer_completion kafka-mailer
        echo "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(
        ["bash", "-c", script], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["show", "stats"]
