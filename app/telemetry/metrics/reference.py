"""The tables of docs/metrics.md, made from the definitions."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.telemetry.metrics.catalogue import CATALOGUE

if TYPE_CHECKING:
    from app.telemetry.metrics.definition import Definition

PAGE: Final = Path("docs/metrics.md")
_BEGIN: Final = "<!-- metrics: made by `make reference` from app/telemetry/metrics/ -->\n"
_END: Final = "<!-- end of metrics -->\n"


def tables(prefix: str = "mailer") -> str:
    """A section for each part of the service, a row for each metric."""
    return "\n\n".join(
        "\n".join(
            [
                f"## {title}",
                "",
                "| metric | kind | labels | what it says |",
                "|---|---|---|---|",
                *(_row(each, prefix) for each in definitions),
            ]
        )
        for title, definitions in CATALOGUE.items()
    )


def with_tables(page: str) -> str:
    """The page's text with the tables as they are now; ValueError for one without its marks."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"no place for the metrics: {_BEGIN.strip()} … {_END.strip()}")
    return f"{before}{begin}\n{tables()}\n\n{end}{after}"


def _row(each: Definition, prefix: str) -> str:
    labels = ", ".join(f"`{label}`" for label in each.labels)
    return f"| `{prefix}_{each.series}` | {each.kind} | {labels} | {each.help} |"


def main(folder: Path) -> int:
    """Write the page into the project's folder; the exit code."""
    page = folder / PAGE
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
