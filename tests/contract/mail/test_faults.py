"""Every fault in every phase leads to what the table says, with and without PIPELINING."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import pytest

from tests.contract.mail.fault_table import EVERYWHERE, PAGE, PHASES, TABLE, Row, markdown, shown
from tests.contract.mail.fault_trial import Seen, Trial
from tests.contract.mail.modes import MODES
from tests.support.relay_rig import Trust
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Mapping

Case = tuple[str, str, str]

CASES: Final[dict[Case, Row]] = {
    (phase, fault, mode): row
    for row in TABLE
    for phase in row.phases
    for fault in row.faults
    for mode in MODES
}
AT_A_TIME: Final = 12


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Mapping[Case, Seen | BaseException]:
    """What each case led to; all are tried beside each other, as most of them wait."""
    trust = Trust(tmp_path_factory.mktemp("trust"))
    places = asyncio.Semaphore(AT_A_TIME)

    async def tried(case: Case) -> Seen:
        async with places:
            return await Trial(*case, trust).run()

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


def test_every_phase_is_tried_with_every_fault() -> None:
    tried = [(phase, fault) for row in TABLE for phase in row.phases for fault in row.faults]
    assert len(tried) == len(set(tried)), "one place for each"
    assert {(phase, fault) for phase in PHASES for fault in EVERYWHERE} <= set(tried)


def test_the_documentation_shows_this_table() -> None:
    assert markdown() == shown(PAGE.read_text()), "make reference writes it anew"
