"""`python -m app.settings`: write what is made from the settings, or check that it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from app.settings.reference import env_example, markdown

PAGES = {".env.example": env_example, "docs/settings.md": markdown}


def write(folder: Path) -> None:
    """Write the pages into the project's folder."""
    for name, make in PAGES.items():
        (folder / name).write_text(make(), encoding="utf-8")


def stale(folder: Path) -> list[str]:
    """The pages that are missing or not what the settings make now."""
    return [
        name
        for name, make in PAGES.items()
        if not (folder / name).is_file() or (folder / name).read_text(encoding="utf-8") != make()
    ]


def main(arguments: list[str], folder: Path) -> int:
    """Write the pages; with `--check` only compare them. The exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m app.settings [--check]\n")
        return 2
    if not arguments:
        write(folder)
        return 0
    for name in (old := stale(folder)):
        sys.stderr.write(f"{name} is not current: make reference\n")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
