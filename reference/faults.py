"""The tables of a relay's faults in docs/mail.md, made from what the tests try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from reference.markdown import table
from tests.contract.mail.fault_table import ENDS, PHASES, REFUSALS, SILENCES, TABLES

if TYPE_CHECKING:
    from tests.contract.mail.fault_table import Row

VARIANTS: Final = {"5xx": REFUSALS, "no reply": SILENCES, "the connection ends": ENDS}


def faults() -> dict[str, str]:
    """By the name of the place where each stands."""
    head = ("phase", "fault", "kind", "message", "connection", "relay")
    return {name: table(head, [_row(row) for row in rows]) for name, rows in TABLES.items()}


def _row(row: Row) -> tuple[str, ...]:
    phases = "any" if row.phases == PHASES else ", ".join(row.phases)
    kind = "-" if row.kind is None else f"`{row.kind}`"
    return phases, _told(row), kind, row.fate, row.after, row.relay


def _told(row: Row) -> str:
    """Variants of one fault are told once."""
    told = ", ".join(row.faults)
    for name, variants in VARIANTS.items():
        told = told.replace(", ".join(variants), name)
    return told
