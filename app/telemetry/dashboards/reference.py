"""The dashboards in deploy/grafana/, made from the definitions of the metrics."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

from app.telemetry.dashboards.boards import BOARDS

FOLDER: Final = Path("deploy/grafana")


def files() -> dict[Path, str]:
    """What stands in each file, by its path within the project."""
    return {
        FOLDER / f"{board.uid}.json": json.dumps(board.document(), indent=2) + "\n"
        for board in BOARDS
    }


def main(folder: Path) -> int:
    """Write them into the project's folder; the exit code."""
    for path, text in files().items():
        (folder / path).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
