from __future__ import annotations

import re
from pathlib import Path
from unittest.mock import Mock

import pytest

from app.bootstrap.changing import changeables
from app.ops.issues import Code
from app.ops.reference import PAGE, issues_table, with_table
from tests.unit.ops.desks import operations

PROJECT = Path(__file__).parents[3]


def test_the_page_is_current() -> None:
    page = (PROJECT / PAGE).read_text(encoding="utf-8")
    assert page == with_table(page), "make reference"


def test_every_issue_has_a_row() -> None:
    rows = issues_table().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(Code)


def test_the_page_has_every_call() -> None:
    page = (PROJECT / PAGE).read_text(encoding="utf-8")
    calls = {f"`{each.method} {each.path.replace(':int', '')}`" for each in operations()}
    assert {call for call in calls if call not in page} == set()


def test_the_page_names_the_settings_that_may_change() -> None:
    page = (PROJECT / PAGE).read_text(encoding="utf-8")
    _, _, after = page.partition("These settings may change: ")
    named = set(re.findall(r"`([A-Z_]+)`", after.partition("\n\n")[0]))
    parts = changeables(Mock(), Mock(), Mock(), Mock())
    fields = {field.upper() for part in parts if not part.only_reread for field in part.fields}
    assert fields - {"OPS_TOKEN"} == named
    reread = {field.upper() for part in parts if part.only_reread for field in part.fields}
    assert {field for field in reread if f"`{field}`" not in page} == set()


def test_a_page_without_a_place_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the table"):
        with_table("# Operations\n")
