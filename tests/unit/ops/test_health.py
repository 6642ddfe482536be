from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.ops import (
    DEFINITIONS,
    Code,
    Issue,
    Phase,
    RelayHealth,
    Severity,
    Snapshot,
    Stall,
    Status,
    Trouble,
    issues_of,
    live_issues,
    status_of,
)
from tests.unit.ops.sights import BEGAN, WELL

LATER = BEGAN + timedelta(minutes=5)
AWAY = RelayHealth("a", usable=False, trouble="refused", since=LATER)

CASES = {
    Code.STARTING: replace(WELL, phase=Phase.STARTING),
    Code.NOT_JOINED: replace(WELL, phase=Phase.JOINING),
    Code.PAUSED: replace(WELL, phase=Phase.PAUSED),
    Code.DRAINING: replace(WELL, phase=Phase.DRAINING),
    Code.LOOP_STALLED: replace(WELL, stalls=(Stall("reading the queue", 61.2, LATER),)),
    Code.RELAYS_AWAY: replace(WELL, relays=(AWAY,)),
    Code.RELAY_AWAY: replace(WELL, relays=(AWAY, RelayHealth("b", usable=True))),
    Code.JOBS_STUCK: replace(WELL, stuck=2),
}
PARTS = {code: replace(WELL, troubles=(Trouble(code, "part", "why"),)) for code in Code}


@pytest.mark.parametrize("code", Code)
def test_each_issue_is_found_and_says_how_grave_it_is_and_what_to_do(code: Code) -> None:
    (issue,) = issues_of(CASES.get(code, PARTS[code]))
    assert issue.code is code
    assert issue.text
    assert issue.action == DEFINITIONS[code].action
    expected = Status.DOWN if issue.severity is Severity.CRITICAL else Status.DEGRADED
    assert expected is status_of([issue])


def test_nothing_is_wrong_with_a_service_that_is_well() -> None:
    assert issues_of(WELL) == ()
    assert live_issues(WELL) == ()
    assert status_of(()) is Status.OK


def test_waiting_for_others_is_no_reason_to_replace_the_process() -> None:
    for code, snapshot in (PARTS | CASES).items():
        assert (code is Code.LOOP_STALLED) is bool(live_issues(snapshot)), code


def test_says_what_is_wrong_and_since_when() -> None:
    troubles = (Trouble(Code.PUBLISHING, "publishing", "no broker answers", LATER),)
    assert issues_of(replace(WELL, troubles=troubles)) == (
        Issue(Code.PUBLISHING, "publishing: no broker answers", LATER),
    )
    assert issues_of(CASES[Code.LOOP_STALLED]) == (
        Issue(Code.LOOP_STALLED, "reading the queue has not turned for 61 s", LATER),
    )


def test_tells_while_draining_of_nothing_that_draining_brings() -> None:
    draining = replace(
        WELL, phase=Phase.DRAINING, relays=(AWAY,), troubles=(Trouble(Code.OTHER, "a", "b"),)
    )
    assert [Code.DRAINING] == [each.code for each in issues_of(draining)]


def test_tells_the_gravest_first() -> None:
    snapshot = replace(
        WELL,
        phase=Phase.JOINING,
        stuck=1,
        troubles=(Trouble(Code.SHARED_STORE, "a", "b"), Trouble(Code.KAFKA_AWAY, "c", "d")),
    )
    assert [Code.NOT_JOINED, Code.KAFKA_AWAY, Code.SHARED_STORE, Code.JOBS_STUCK] == [
        each.code for each in issues_of(snapshot)
    ]


def test_names_every_relay_that_is_left_alone() -> None:
    relays = (AWAY, RelayHealth("b", usable=False))
    assert ["relay a is left alone: refused", "relay b is left alone"] == [
        each.text for each in issues_of(replace(WELL, relays=relays))
    ]


def test_a_service_without_relays_yet_has_no_issue_with_them() -> None:
    assert issues_of(Snapshot(phase=Phase.RUNNING)) == ()


def test_every_issue_is_defined_once_and_in_sentences() -> None:
    assert set(Code) == set(DEFINITIONS)
    for definition in DEFINITIONS.values():
        assert definition.meaning.endswith(".")
        assert definition.action.endswith(".")
