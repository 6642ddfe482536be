from __future__ import annotations

from pathlib import Path

import pytest

from app.ops.issues import Code
from app.ops.reference import PAGE, issues_table, with_table

PROJECT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    page = (PROJECT / PAGE).read_text(encoding="utf-8")
    assert page == with_table(page), "make reference"


def test_every_issue_has_a_row() -> None:
    rows = issues_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(Code)


def test_a_page_without_a_place_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        with_table("# Operations\n")
