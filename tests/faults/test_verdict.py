"""The judge of the runs has to be strict: each kind of breach is found, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.conduct import Entry, Fate
from tests.faults.verdict import Evidence, Harm, Report, judge, suspected


def entry(at: float, mail: str = "a", life: str = "m0.1", fate: Fate = Fate.ACCEPTED) -> Entry:
    return Entry(at, fate, mail, life)


def verdict(*record: Entry, **fields: Any) -> Report:
    """Of a run with the mail `a` alone, delivered according to its result."""
    evidence: dict[str, Any] = {
        "produced": ["a"],
        "results": {"a": ["delivered"]},
        "dead_letters": frozenset(),
        "harms": (),
        "codes": (0,),
        **fields,
    }
    return judge(Evidence(record=record, **evidence))


def kill(*suspects: str, workers: int = 1) -> Harm:
    """At 5 s, of the life `m0.1`."""
    return Harm("kill -9", 5.0, "m0.1", workers, frozenset(suspects))


def test_a_mail_that_came_once_is_no_fault() -> None:
    assert [] == verdict(entry(1)).faults()


def test_a_mail_without_trace_is_lost() -> None:
    assert ("a",) == verdict(results={}).lost


def test_a_mail_at_the_relay_without_result_is_lost_where_results_are_written() -> None:
    assert ("a",) == verdict(entry(1), results={}).lost
    assert () == verdict(entry(1), results={}, all_told=False).lost


def test_a_mail_that_only_a_result_calls_delivered_is_lost() -> None:
    assert ("a",) == verdict().lost


@pytest.mark.parametrize("status", ["expired", "suppressed", "duplicate"])
def test_a_mail_may_end_without_being_sent(status: str) -> None:
    assert [] == verdict(results={"a": [status]}).faults()


def test_a_dead_letter_is_an_end_when_the_relay_refused_it() -> None:
    refused = entry(1, fate=Fate.REFUSED)
    found = verdict(refused, results={"a": ["dead"]}, dead_letters=frozenset({"a"}))
    assert [] == found.faults()


def test_a_dead_letter_that_the_relay_never_refused_is_doomed() -> None:
    found = verdict(results={"a": ["dead"]}, dead_letters=frozenset({"a"}))
    assert ("a",) == found.doomed


def test_a_duplicate_without_a_cause_is_a_fault() -> None:
    found = verdict(entry(1), entry(2))
    assert 1 == len(found.unexplained)
    assert 1 == found.duplicates


def test_the_relays_silence_allows_one_more_copy() -> None:
    assert [] == verdict(entry(1, fate=Fate.UNANSWERED), entry(2)).faults()
    assert [] == verdict(entry(1), entry(1.5, fate=Fate.UNSURE), entry(2)).faults()
    found = verdict(entry(1, fate=Fate.UNANSWERED), entry(2), entry(3))
    assert 1 == len(found.unexplained)


def test_suspects_are_what_that_life_had_sent_by_then_and_no_commit_settles() -> None:
    record = [
        entry(4, "sent"),
        entry(4, "unanswered", fate=Fate.UNANSWERED),
        entry(4, "settled"),
        entry(4, "refused", fate=Fate.REFUSED),
        entry(4, "others", life="m1.1"),
        entry(6, "later"),
    ]
    unsettled = {one.id for one in record} - {"settled"}
    assert {"sent", "unanswered"} == suspected(record, "m0.1", 5.0, unsettled)


def test_a_kill_allows_another_copy_of_its_suspects_afterwards() -> None:
    harm = kill("a")
    assert [] == verdict(entry(4), entry(6, life="m0.2"), harms=[harm]).faults()
    assert (1, 0) == (harm.duplicates, harm.late)


def test_a_kill_allows_no_copy_of_others_mails_nor_of_settled_ones() -> None:
    assert 1 == len(verdict(entry(4), entry(6, life="m0.2"), harms=[kill("b")]).unexplained)
    other = verdict(entry(4, life="m1.1"), entry(6, life="m0.2"), harms=[kill("a")])
    assert 1 == len(other.unexplained)


def test_a_kill_allows_no_copy_before_it() -> None:
    assert 1 == len(verdict(entry(3), entry(4, life="m0.2"), harms=[kill("a")]).unexplained)


def test_what_was_on_its_way_at_a_kill_counts_for_no_more_than_its_workers() -> None:
    first, second = entry(5.1), entry(6, life="m0.2")
    assert [] == verdict(first, second, harms=[kill(workers=1)]).faults()
    assert ["kill -9 of m0.1: 1 duplicates (1 late), bound 0 (late 0)"] == verdict(
        first, second, harms=[kill(workers=0)]
    ).faults()


def test_a_member_that_ends_otherwise_than_well_is_a_fault() -> None:
    assert ["exit codes (0, 1)"] == verdict(entry(1), codes=(0, 1)).faults()


def test_a_run_that_does_not_come_to_its_end_is_a_fault() -> None:
    assert ["stuck"] == verdict(entry(1), trouble="stuck").faults()
