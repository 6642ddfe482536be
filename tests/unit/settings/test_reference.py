"""What is made from the settings is current, and true."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from app.settings import load, options
from app.settings.__main__ import main, stale, write
from app.settings.reference import env_example, markdown

if TYPE_CHECKING:
    import pytest

PROJECT = Path(__file__).parents[3]


def test_the_pages_in_the_project_are_current() -> None:
    assert stale(PROJECT) == [], "make reference"


def test_every_setting_stands_in_both() -> None:
    for each in options():
        if not each.details.flag_only:
            assert f"\n#{each.variable}={each.default or ''}\n" in env_example()
            assert f"| `{each.flag}` |" in markdown()


def test_the_example_can_be_used_with_every_comment_taken_away(tmp_path: Path) -> None:
    used = re.sub(r"^#(?=[A-Z])", "", env_example(), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(used)
    loaded = load(secrets_folder=None)
    assert len(loaded.given) > 30
    assert loaded.settings == load(secrets_folder=None, env_file=None).settings


def test_the_command_writes_and_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().err.splitlines() == [
        ".env.example is not current: make reference",
        "docs/settings.md is not current: make reference",
    ]
    write(tmp_path)
    assert main(["--check"], tmp_path) == 0
    assert main(["--chekc"], tmp_path) == 2
