"""When `.venv` is made anew, and when it is left as it is."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MADE_ANEW = "rm -rf .venv"


def script(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout whose `.venv` is whole, as far as its Makefile looks."""
    folder = tmp_path / "project"
    script(folder / ".venv/bin/python", f'exec "{sys.executable}" "$@"')
    (folder / ".venv/bin/activate").write_text(f"VIRTUAL_ENV={folder}/.venv\n")
    (folder / ".venv/.made").touch()
    shutil.copy(ROOT / "Makefile", folder)
    return folder


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments, ".venv/.made"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def is_made_anew(folder: Path, *arguments: str) -> bool:
    done = make(folder, "--dry-run", *arguments)
    assert done.returncode == 0, done.stderr
    return MADE_ANEW in done.stdout


def test_one_that_is_whole_stays_whichever_python_is_found_first(project: Path) -> None:
    assert not is_made_anew(project)
    assert not is_made_anew(project, f"PYTHON={sys.executable}")


def test_where_there_is_none_it_is_made(project: Path) -> None:
    shutil.rmtree(project / ".venv")
    assert is_made_anew(project)


def test_one_whose_making_was_interrupted_is_made_anew(project: Path) -> None:
    (project / ".venv/.made").unlink()
    assert is_made_anew(project)


def test_one_that_came_with_a_moved_folder_is_made_anew(project: Path) -> None:
    moved = project.rename(project.with_name("moved"))
    assert is_made_anew(moved)


def test_one_whose_python_is_gone_is_made_anew(project: Path) -> None:
    (project / ".venv/bin/python").unlink()
    assert is_made_anew(project)


def test_another_python_that_is_named_makes_it_anew(project: Path) -> None:
    other = script(project / "other", 'test "$1" != -VV || { echo "Python 3.99.0"; exit; }')
    assert is_made_anew(project, f"PYTHON={other}")


def test_a_python_that_is_too_old_is_refused_before_anything_is_removed(project: Path) -> None:
    old = script(project / "old", "exit 1")
    done = make(project, f"PYTHON={old}")
    assert done.returncode != 0
    assert "Python 3.11 or newer is needed: make PYTHON=/path/to/python3" in done.stderr
    assert (project / ".venv/bin/python").exists()
