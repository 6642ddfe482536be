"""Every fault in every phase leads to what the table says, in every way of speaking."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, NamedTuple

import pytest

from app.domain.outcome import ErrorKind
from tests.contract.mail.fault_table import EVERYWHERE, PHASES, TABLE, TABLES, Row
from tests.contract.mail.fault_trial import Seen, Trial
from tests.contract.mail.modes import IN_ONE_FLIGHT, modes_of
from tests.support.relay_rig import Trust
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Mapping


class Case(NamedTuple):
    """What is tried."""

    phase: str
    fault: str
    mode: str
    connection: str = "fresh"


def _connections(table: str, row: Row) -> tuple[str, ...]:
    if table != "chunking":
        return (table,)
    return ("fresh", "kept") if row.modes == (IN_ONE_FLIGHT,) else ("fresh",)


CASES: Final[dict[Case, Row]] = {
    Case(phase, fault, mode, connection): row
    for name, table in TABLES.items()
    for row in table
    for phase in row.phases
    for fault in row.faults
    for mode in row.modes or modes_of(phase)
    for connection in _connections(name, row)
}
AT_A_TIME: Final = 16


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Case, Seen | BaseException]:
    """What each case led to; all are tried beside each other, as some of them wait."""
    trust = Trust(tmp_path_factory.mktemp("trust"))
    places = asyncio.Semaphore(AT_A_TIME)

    async def tried(case: Case) -> Seen:
        async with places:
            kept = case.connection == "kept"
            return await Trial(case.phase, case.fault, case.mode, trust, kept=kept).run()

    async def main() -> dict[Case, Seen | BaseException]:
        found = await asyncio.gather(*map(tried, CASES), return_exceptions=True)
        return dict(zip(CASES, found, strict=True))

    return run(main(), within=100)


@pytest.mark.parametrize("case", CASES, ids=", ".join)
def test_a_fault_leads_to_what_the_table_says(
    outcomes: Mapping[Case, Seen | BaseException], case: Case
) -> None:
    row, found = CASES[case], outcomes[case]
    if isinstance(found, BaseException):
        raise found
    assert Seen(row.kind, row.fate, row.after, row.relay) == found


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_a_fault_has_one_place_in_a_table(table: tuple[Row, ...]) -> None:
    tried = [(phase, fault) for row in table for phase in row.phases for fault in row.faults]
    assert sorted(set(tried)) == sorted(tried)


def test_every_phase_is_tried_with_every_fault() -> None:
    tried = {(phase, fault) for row in TABLE for phase in row.phases for fault in row.faults}
    assert {(phase, fault) for phase in PHASES for fault in EVERYWHERE} <= tried


def test_every_kind_that_a_relay_can_cause_is_in_the_table() -> None:
    of_the_message = {"invalid_message", "expired", "suppressed", "duplicate", "bug"}
    found = {row.kind for table in TABLES.values() for row in table if row.kind}
    assert set(ErrorKind) - of_the_message == found
