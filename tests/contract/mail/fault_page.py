"""The tables of faults as `docs/mail.md` shows them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.contract.mail.fault_table import (
    ENDS,
    ON_A_KEPT_CONNECTION,
    PHASES,
    REFUSALS,
    SILENCES,
    TABLE,
    WITH_CHUNKING,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.contract.mail.fault_table import Row

PAGE: Final = Path(__file__).parents[3] / "docs" / "mail.md"
TABLES: Final = {"fresh": TABLE, "kept": ON_A_KEPT_CONNECTION, "chunking": WITH_CHUNKING}
VARIANTS: Final = {"5xx": REFUSALS, "no reply": SILENCES, "the connection ends": ENDS}
MARKED: Final = re.compile(
    r"(<!-- Made by `make reference` from the tests: (\w+) -->\n).*?(<!-- end -->\n)", re.DOTALL
)


def rewritten(page: str) -> str:
    """The page with its tables as they are now."""
    return MARKED.sub(lambda found: found[1] + markdown(TABLES[found[2]]) + found[3], page)


def shown(page: str) -> list[str]:
    """Which tables the page has a place for."""
    return [name for _, name, _ in MARKED.findall(page)]


def markdown(table: Sequence[Row]) -> str:
    return "".join(f"{line}\n" for line in _lines(table))


def _lines(table: Sequence[Row]) -> Iterator[str]:
    yield "| phase | fault | kind | message | connection | relay |"
    yield "|---|---|---|---|---|---|"
    for row in table:
        phases = "any" if row.phases == PHASES else ", ".join(row.phases)
        kind = "-" if row.kind is None else f"`{row.kind}`"
        yield f"| {phases} | {_told(row)} | {kind} | {row.fate} | {row.after} | {row.relay} |"


def _told(row: Row) -> str:
    """Variants of one fault are told once."""
    faults = ", ".join(row.faults)
    for told, variants in VARIANTS.items():
        faults = faults.replace(", ".join(variants), told)
    return faults
