"""The unit of `deploy/systemd` is one, is narrow, and fits how the service ends."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from app.cli.main import INTERRUPTED, WRONG_USAGE
from app.cli.verbs import VERBS
from app.settings import load, options
from app.settings.quantities import parse_duration
from tests.support.environment import leave_own_settings

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parents[2]
UNIT: Final = ROOT / "deploy" / "systemd" / "kafka-mailer.service"
PROGRAM: Final = "/opt/kafka-mailer/bin/kafka-mailer"
# Of 100; systemd calls up to 19 "OK", and services of its own have 40 to 90.
MOST_EXPOSED: Final = 15


def _values(name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", UNIT.read_text(), re.MULTILINE)


def _value(name: str) -> str:
    (value,) = _values(name)
    return value


@pytest.fixture
def analyze(
    tmp_path: Path, without: Callable[[str, str], None]
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """`systemd-analyze` on the unit, with a program in the place of the installed one."""
    program = shutil.which("systemd-analyze")
    if program is None:
        without("systemd-analyze", "not installed")
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace(PROGRAM, sys.executable))

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(program), *arguments, str(unit)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_systemd_takes_it(analyze: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    ended = analyze("verify")
    assert (ended.returncode, ended.stdout + ended.stderr) == (0, "")


def test_it_may_do_little(analyze: Callable[..., subprocess.CompletedProcess[str]]) -> None:
    judged = analyze("security", "--offline=true", "--no-pager", f"--threshold={MOST_EXPOSED}")
    assert judged.returncode == 0, judged.stdout


def test_it_waits_for_the_drain_and_leaves_wrong_settings_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leave_own_settings(monkeypatch, tmp_path)
    settings = load(secrets_folder=None).settings
    assert parse_duration(f"{_value('TimeoutStopSec')}s") >= settings.shutdown_timeout + 15
    assert _value("RestartPreventExitStatus") == str(WRONG_USAGE)
    assert _value("SuccessExitStatus") == str(INTERRUPTED)


def test_it_runs_a_verb_that_is_there_and_sets_what_is_a_setting() -> None:
    assert _value("ExecStart").split() == [PROGRAM, "run"]
    assert "run" in VERBS
    secrets = {each.file_variable: each.variable for each in options() if each.secret}
    named = dict(pair.split("=", 1) for line in _values("Environment") for pair in line.split())
    ours = {name: path for name, path in named.items() if not name.startswith("PYTHON")}
    for variable, path in ours.items():
        credential = secrets[variable]
        assert path == f"%d/{credential}"
        assert any(each.startswith(f"{credential}:") for each in _values("LoadCredential"))


def test_it_is_not_said_to_notify_as_it_does_not() -> None:
    assert _value("Type") == "exec"
    sources = (path.read_text() for path in (ROOT / "app").rglob("*.py"))
    assert not any("NOTIFY_SOCKET" in source for source in sources), "then Type may be notify"
