"""The table of replies in the documentation."""

from __future__ import annotations

from pathlib import Path

from app.outcomes.rule_page import PAGE, section
from app.outcomes.rules import TABLE

PROJECT = Path(__file__).parents[3]


def test_the_documentation_shows_the_table_that_judges() -> None:
    """`make reference` writes it anew."""
    assert section() in (PROJECT / PAGE).read_text(encoding="utf-8")


def test_every_row_says_when_what_and_what_then() -> None:
    rows = [line for line in section().splitlines() if line.startswith("| ")][1:]

    assert len(TABLE) == len(rows)
    assert all(all(cell.strip() for cell in row.split("|")[1:-1]) for row in rows)
