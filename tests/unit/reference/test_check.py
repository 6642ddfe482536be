"""The tables of docs/check.md."""

from __future__ import annotations

from app.bootstrap.checkup.catalogue import ANYWHERE, FAULTS
from app.domain.finding import Area
from reference.check import check


def test_every_fault_has_a_row_and_every_area_a_table() -> None:
    tables = check()
    for fault in (*FAULTS, *ANYWHERE):
        assert f"| `{fault.code}` | {fault.verdict} | " in tables
    for area in Area:
        assert f"### {area.title()}\n" in tables
