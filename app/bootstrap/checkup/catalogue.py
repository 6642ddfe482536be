"""Every fault that a check knows, and the table of them in docs/check.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup import (
    brokers,
    cluster,
    contradictions,
    domains,
    group,
    relays,
    rights,
    rounds,
    state,
    templates,
    topics,
)
from app.domain.finding import Area

if TYPE_CHECKING:
    from app.domain.finding import Fault

FAULTS: Final[tuple[Fault, ...]] = (
    *contradictions.FAULTS,
    *brokers.FAULTS,
    *cluster.FAULTS,
    *rights.FAULTS,
    *topics.FAULTS,
    *group.FAULTS,
    *relays.FAULTS,
    *domains.FAULTS,
    *templates.FAULTS,
    *state.FAULTS,
)
ANYWHERE: Final[tuple[Fault, ...]] = rounds.FAULTS

PAGE: Final = Path("docs/check.md")
_BEGIN: Final = "<!-- faults: made by `make reference` from app/bootstrap/checkup/ -->\n"
_END: Final = "<!-- end of faults -->\n"
_PLACE: Final = re.compile(r"\{(\w+)[^}]*\}")


def faults_table() -> str:
    """A table for each area."""
    parts = []
    for area in Area:
        faults = [each for each in FAULTS if each.area is area]
        parts += [f"### {area.title()}", "", *_table(faults), ""]
    return "\n".join([*parts, "### Anywhere", "", *_table(ANYWHERE)])


def _table(faults: tuple[Fault, ...] | list[Fault]) -> list[str]:
    rows = [
        f"| `{each.code}` | {each.verdict} | {_shown(each.words)} | {_shown(each.why)} "
        f"| {_shown(each.mend)} |"
        for each in faults
    ]
    return [
        "| code | verdict | what it says | why it matters | how to mend it |",
        "|---|---|---|---|---|",
        *rows,
    ]


def _shown(text: str) -> str:
    return _PLACE.sub(r"*\1*", text).replace("|", "\\|")


def with_table(page: str) -> str:
    """The page's text with the tables as they are now; ValueError for one without its marks."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"no place for the table of faults: {_BEGIN.strip()} … {_END.strip()}")
    return f"{before}{begin}\n{faults_table()}\n\n{end}{after}"


def main(folder: Path) -> int:
    """Write the page into the project's folder; the exit code."""
    page = folder / PAGE
    page.write_text(with_table(page.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path.cwd()))
