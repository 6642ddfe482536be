"""The table of replies in the documentation."""

from __future__ import annotations

from app.outcomes.rules import TABLE
from reference.replies import replies


def test_every_row_says_when_what_and_what_then() -> None:
    rows = [line for line in replies().splitlines() if line.startswith("| ")][1:]

    assert len(TABLE) == len(rows)
    assert all(all(cell.strip() for cell in row.split("|")[1:-1]) for row in rows)
