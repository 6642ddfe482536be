"""Prometheus' own tool, which checks rules and expositions."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Promtool:
    """`promtool`, from the package that has Prometheus too."""

    @staticmethod
    def why_not() -> str | None:
        """What stands against running it here, None when nothing does."""
        return None if shutil.which("promtool") else "not installed"

    def check_rules(self, path: Path) -> None:
        self._run("check", "rules", str(path))

    def check_config(self, path: Path) -> None:
        self._run("check", "config", str(path))

    def check_metrics(self, exposition: str) -> str:
        """What it finds wrong with an exposition, "" for nothing."""
        found = subprocess.run(
            ["promtool", "check", "metrics"],
            input=exposition,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        return found.stdout + found.stderr

    def test_rules(self, rules: Path, tests: list[dict[str, Any]], folder: Path) -> None:
        """AssertionError with what it says when one fails; `folder` is for the file it reads."""
        file = folder / "tests.yml"
        # JSON is YAML.
        file.write_text(
            json.dumps(
                {"rule_files": [str(rules)], "evaluation_interval": "30s", "tests": tests}, indent=1
            )
        )
        self._run("test", "rules", str(file))

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(
            ["promtool", *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
