"""`python -m reference`: write what is made from the code, or `--check` that it is current."""

from __future__ import annotations

import sys
from pathlib import Path

from reference.files import stale, write


def main(arguments: list[str], project: Path) -> int:
    """The exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m reference [--check]\n")
        return 2
    if not arguments:
        write(project)
        return 0
    for name in (old := stale(project)):
        sys.stderr.write(f"{name} is not current: make reference\n")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Path.cwd()))
