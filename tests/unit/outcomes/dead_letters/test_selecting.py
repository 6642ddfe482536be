"""Filters, marks, statistics, and what a letter is turned into by a replay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import wire
from app.domain.glimpse import Glimpse
from app.domain.record import Record
from app.outcomes.dead_letters import (
    EVERYTHING,
    DeadLetter,
    Mark,
    Marks,
    Place,
    Selection,
    Tally,
    read_letter,
)
from app.outcomes.dead_letters.marks import mark, tombstone
from app.outcomes.dead_letters.revival import revived
from app.outcomes.dead_letters.statistics import HOUR_MS
from tests.support.dead_letters import FAILED_AT, headers

STATE = "email-dlq-state"


def letter(number: int = 1, partition: int = 0, **changes: Any) -> DeadLetter:
    record = Record("email-dlq", partition, number, FAILED_AT + 5, b"k", b"{}", headers(number))
    seen = Glimpse(type="receipt", recipients=("ann@example.com",))
    return replace(read_letter(record, lambda _: seen), **changes)


def as_read(outgoing: Any) -> Record:
    return Record(STATE, 0, 0, 0, outgoing.key, outgoing.value, ())


@pytest.mark.parametrize(
    ("selection", "matches"),
    [
        (EVERYTHING, True),
        (Selection(kinds=frozenset({"recipient", "policy"})), True),
        (Selection(kinds=frozenset({"policy"})), False),
        (Selection(types=frozenset({"receipt"})), True),
        (Selection(types=frozenset({"welcome"})), False),
        (Selection(ids=frozenset({"flat-1"})), True),
        (Selection(ids=frozenset({"flat-2"})), False),
        (Selection(text="NO SUCH"), True),
        (Selection(text="such a"), False),
        (Selection(since_ms=FAILED_AT, until_ms=FAILED_AT + 1), True),
        (Selection(since_ms=FAILED_AT + 1), False),
        (Selection(until_ms=FAILED_AT), False),
        (Selection(kinds=frozenset({"recipient"}), text="other"), False),
    ],
)
def test_a_letter_matches_when_all_that_is_asked_holds(selection: Selection, matches: bool) -> None:
    assert selection.matches(letter()) is matches


def test_a_mark_is_of_one_letter_until_its_tombstone() -> None:
    marks = Marks()
    one = letter()
    assert marks.of(one) is None
    marks.read(as_read(mark(one, STATE, to="email-queue", now_ms=77)))
    assert marks.of(one) == Mark(FAILED_AT + 5, 77, "email-queue")
    assert marks.of(letter(2)) is None
    assert list(marks.below(0, 2)) == [Place(0, 1)]
    assert list(marks.below(0, 1)) == []
    marks.read(as_read(tombstone(one.place, STATE)))
    assert marks.of(one) is None


def test_a_mark_of_an_earlier_topic_of_that_name_does_not_hide_a_new_letter() -> None:
    marks = Marks()
    one = letter()
    marks.read(as_read(mark(one, STATE, to="email-queue", now_ms=77)))
    later = replace(one, record=replace(one.record, timestamp_ms=FAILED_AT + 6))
    assert marks.of(later) is None


@given(st.none() | st.binary(max_size=30), st.binary(max_size=60))
def test_unreadable_marks_never_stop_the_reading(key: bytes | None, value: bytes) -> None:
    Marks().read(Record(STATE, 0, 0, 0, key, value, ()))


@pytest.mark.parametrize("value", [b"", b"\xff", b"[]", b'{"written": "x"}'])
def test_an_unreadable_mark_counts_so_that_nothing_goes_twice(value: bytes) -> None:
    marks = Marks()
    marks.read(Record(STATE, 0, 0, 0, b"0/1", value, ()))
    assert marks.of(letter()) is not None


def test_a_replayed_letter_keeps_who_it_is_and_loses_its_past() -> None:
    one = letter()
    mixed = (("a", b"1"), *one.record.headers, ("a", b"2"), ("mail-campaign", b"x"))
    one = replace(one, record=replace(one.record, headers=mixed))
    outgoing = revived(one, "email-queue", b"value")
    assert (outgoing.topic, outgoing.key, outgoing.value) == ("email-queue", b"k", b"value")
    kept = [name for name, _ in outgoing.headers]
    assert kept == ["a", wire.MAIL_ID, wire.MAIL_FIRST_SEEN, wire.MAIL_ORIGIN, "a", "mail-campaign"]


def test_the_lane_is_the_origin_s_partition_else_the_letter_s() -> None:
    one = letter(partition=4)
    assert revived(one, "q", b"").lane == 0
    assert revived(replace(one, origin=None), "q", b"").lane == 4


def test_statistics_add_up() -> None:
    tally = Tally()
    tally.add(letter(1), replayed=True)
    tally.add(letter(2, kind="policy", at_ms=FAILED_AT + HOUR_MS), replayed=False)
    tally.add(letter(3, recipients=("a@B.example", "b@b.example")), replayed=False)
    tally.add(letter(4, kind=None, recipients=()), replayed=False)
    found = tally.statistics()
    assert (found.letters, found.replayed) == (4, 1)
    assert found.kinds == (("recipient", 2), ("(unknown)", 1), ("policy", 1))
    assert found.domains == (("example.com", 2), ("(unknown)", 1), ("b.example", 1))
    assert found.hours == ((FAILED_AT, 3), (FAILED_AT + HOUR_MS, 1))
    assert found.newest is not None
    assert found.newest.place == Place(0, 2)
    assert found.oldest is not None
    assert orjson.dumps(found.fields(top=1))
    assert found.fields(top=1)["domains"] == {"example.com": 2}


def test_names_are_bounded_however_many_there_are() -> None:
    tally = Tally()
    for number in range(10_050):
        tally.add(letter(recipients=(f"a@d{number}.example",)), replayed=False)
    domains = dict(tally.statistics().domains)
    assert len(domains) == 10_001
    assert domains["(others)"] == 50
