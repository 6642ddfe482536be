"""`python -m app.telemetry.reference`: write the tables of docs/logs.md."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.telemetry import events
from app.telemetry.said import audited, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterable

PAGE: Final = Path("docs/logs.md")
PACKAGE: Final = Path(__file__).resolve().parents[1]
_BEGIN: Final = "<!-- {}: made by `make reference` from the code -->\n"
_END: Final = "<!-- end of {} -->\n"


def tables() -> dict[str, str]:
    """By the name of the place where each stands."""
    return {
        "frame": _table(("field", "meaning"), _coded(events.FRAME)),
        "mail": _table(("event", "when"), _coded(events.MAIL)),
        "mail fields": _table(("field", "meaning"), _coded(events.MAIL_FIELDS)),
        "named": _table(
            ("event", "what it is"),
            [
                ("`pool.stats`", events.POOL_STATS),
                (", ".join(f"`{name}`" for name in audited(PACKAGE)), events.ADMIN),
            ],
        ),
        "lines": _table(
            ("logger", "level", "event"),
            [(f"`{each.logger}`", each.level, each.text) for each in lines_of(PACKAGE)],
        ),
    }


def with_tables(page: str) -> str:
    """The page's text with the tables as they are now; ValueError where one has no place."""
    for name, table in tables().items():
        before, begin, rest = page.partition(_BEGIN.format(name))
        _, end, after = rest.partition(_END.format(name))
        if not begin or not end:
            raise ValueError(f"no place for the table {name!r}: {_BEGIN.format(name).strip()}")
        page = f"{before}{begin}\n{table}\n\n{end}{after}"
    return page


def _coded(meanings: dict[str, str]) -> Iterable[tuple[str, str]]:
    return ((f"`{name}`", meaning) for name, meaning in meanings.items())


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def main(folder: Path) -> int:
    """Write the page into the project's folder; the exit code."""
    page = folder / PAGE
    page.write_text(with_tables(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
