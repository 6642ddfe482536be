"""docs/check.md has every fault as the code has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.bootstrap.checkup.catalogue import ANYWHERE, FAULTS, PAGE, main, with_table
from app.domain.finding import Area

ROOT = Path(__file__).parents[4]


def test_the_page_is_current() -> None:
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    assert page == with_table(page), "make reference"


def test_every_fault_has_a_row_and_every_area_a_table(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / PAGE).write_text((ROOT / PAGE).read_text(encoding="utf-8"), encoding="utf-8")
    assert main(tmp_path) == 0
    page = (tmp_path / PAGE).read_text(encoding="utf-8")
    for fault in (*FAULTS, *ANYWHERE):
        assert f"| `{fault.code}` | {fault.verdict} | " in page
    for area in Area:
        assert f"### {area.title()}\n" in page


def test_a_page_without_a_place_for_the_tables_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        with_table("# Check\n")
