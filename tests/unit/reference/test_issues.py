from __future__ import annotations

import re
from pathlib import Path
from unittest.mock import Mock

from app.bootstrap.changing import changeables
from app.ops.issues import Code
from reference.issues import issues
from tests.unit.ops.desks import operations

PAGE = (Path(__file__).parents[3] / "docs/operations.md").read_text(encoding="utf-8")


def test_every_issue_has_a_row() -> None:
    rows = issues().splitlines()[2:]
    assert [row.split("`")[1] for row in rows] == list(Code)


def test_the_page_has_every_call() -> None:
    calls = {f"`{each.method} {each.path.replace(':int', '')}`" for each in operations()}
    assert {call for call in calls if call not in PAGE} == set()


def test_the_page_names_the_settings_that_may_change() -> None:
    _, _, after = PAGE.partition("These settings may change: ")
    named = set(re.findall(r"`([A-Z_]+)`", after.partition("\n\n")[0]))
    parts = changeables(Mock(), Mock(), Mock(), Mock())
    fields = {field.upper() for part in parts if not part.only_reread for field in part.fields}
    assert fields - {"OPS_TOKEN"} == named
    reread = {field.upper() for part in parts if part.only_reread for field in part.fields}
    assert {field for field in reread if f"`{field}`" not in PAGE} == set()
