"""Each fault that a check knows is found where it is planted, and none where there is none."""

from __future__ import annotations

import re

import pytest

from app.bootstrap.checkup.catalogue import ANYWHERE, FAULTS
from app.domain.finding import Verdict
from tests.support.planted import HEALTHY, PLANTINGS, Planting

_PLACE = re.compile(r"\{\w+[^}]*\}")


@pytest.mark.parametrize("planting", PLANTINGS, ids=lambda each: each.code)
def test_a_planted_fault_is_found_and_its_mend_named(planting: Planting) -> None:
    (found,) = [each for each in planting.judged() if each.code == planting.code]
    assert found.verdict is not Verdict.OK
    assert planting.said in f"{found.words} {found.mend}"
    assert found.why
    assert found.mend
    assert not _PLACE.search(f"{found.words}{found.why}{found.mend}")


@pytest.mark.parametrize("area", HEALTHY)
def test_nothing_is_found_where_all_is_well(area: str) -> None:
    found = HEALTHY[area]()
    assert found or area == "cluster"  # of which its brokers tell
    assert all(each.verdict is Verdict.OK for each in found), found


@pytest.mark.parametrize("planting", PLANTINGS, ids=lambda each: each.code)
def test_a_planted_fault_is_the_only_one_found(planting: Planting) -> None:
    faults = {each.code for each in planting.judged() if each.verdict is not Verdict.OK}
    assert faults == {planting.code}


def test_every_fault_is_planted_and_has_a_code_of_its_own() -> None:
    codes = [each.code for each in (*FAULTS, *ANYWHERE)]
    assert len(codes) == len(set(codes))
    assert {each.code for each in FAULTS} == {each.code for each in PLANTINGS}
    assert len(FAULTS) >= 20
