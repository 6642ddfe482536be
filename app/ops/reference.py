"""The table of issues in docs/operations.md, made from their definitions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from app.ops.issues import DEFINITIONS

PAGE: Final = Path("docs/operations.md")
_BEGIN: Final = "<!-- issues: made by `make reference` from app/ops/issues.py -->\n"
_END: Final = "<!-- end of issues -->\n"


def issues_table() -> str:
    """A row for each issue that health can name."""
    rows = [
        f"| `{code}` | {each.severity} | {each.meaning} | {each.action} |"
        for code, each in DEFINITIONS.items()
    ]
    head = ["| code | severity | what it means | what to do |", "|---|---|---|---|"]
    return "\n".join(head + rows)


def with_table(page: str) -> str:
    """The page's text with the table as it is now; ValueError for one without its marks."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"no place for the table of issues: {_BEGIN.strip()} … {_END.strip()}")
    return f"{before}{begin}\n{issues_table()}\n\n{end}{after}"


def main(folder: Path) -> int:
    """Write the page into the project's folder; the exit code."""
    page = folder / PAGE
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
