"""What docs/pool.md shows runs as shown."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import app.pool

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "pool.md").read_text(encoding="utf-8")


def test_the_first_example_runs() -> None:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found
    shown = subprocess.run(
        [sys.executable, "-W", "error", "-c", found.group(1)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    lines = shown.stdout.splitlines()
    assert "FIRE" == lines[0]
    assert ["fire ok FIRE", "one ok ONE", "three ok THREE", "two ok TWO"] == sorted(
        line.rsplit(" ", 2)[0] for line in lines[1:]
    )
    assert "" == shown.stderr


def test_the_tests_that_the_table_of_guarantees_names_exist() -> None:
    for name in set(re.findall(r"\btest_[a-z]+\b", PAGE)):
        assert (Path(__file__).parent / f"{name}.py").is_file(), name


def test_every_name_of_the_pool_that_the_page_uses_is_exported() -> None:
    names = set(re.findall(r"`([A-Z][a-z]+[A-Z][A-Za-z]+)\b", PAGE))
    assert names - set(app.pool.__all__) <= {"CPython"}
