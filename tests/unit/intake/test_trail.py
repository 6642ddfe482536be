"""A message's past is read from the headers that the service itself writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.job import Trail
from app.domain.outcome import ErrorKind
from app.domain.record import Origin
from app.intake.trail import read_trail, trail_of
from tests.support.records import APPENDED_MS, record

WRITTEN = (
    ("x-own", b"kept"),
    ("mail-id", b"order-17"),
    ("mail-attempt", b"2"),
    ("mail-not-before", b"1763800030000"),
    ("mail-first-seen", b"1763700000000"),
    ("mail-origin", b"email-queue/0/5"),
    ("mail-recipients", b'["ann@example.com"]'),
    ("mail-error-kind", b"temporary"),
)
READ = Trail(
    Origin("email-queue", 0, 5),
    first_seen_ms=1_763_700_000_000,
    attempts=2,
    not_before_ms=1_763_800_030_000,
    recipients=("ann@example.com",),
    last_kind=ErrorKind.TEMPORARY,
)
FIRST = Trail(Origin("email-queue", 3, 17), first_seen_ms=APPENDED_MS)


def test_what_was_written_is_read() -> None:
    assert read_trail(record(b"", WRITTEN)) == READ
    assert trail_of(record(b"", WRITTEN)) == READ


def test_a_first_record_is_its_own_origin() -> None:
    assert read_trail(record(b"")) == FIRST
    assert read_trail(record(b"", (("x-own", b"kept"),))) == FIRST


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("mail-attempt", b"x"),
        ("mail-attempt", b"-1"),
        ("mail-attempt", b"1.5"),
        ("mail-attempt", b" 1"),
        ("mail-attempt", b"1_0"),
        ("mail-attempt", "\u0662".encode()),
        ("mail-attempt", b"9" * 30),
        ("mail-not-before", b"soon"),
        ("mail-not-before", b"253402300800000"),
        ("mail-first-seen", b"\xff"),
        ("mail-first-seen", b"9" * 5000),
        ("mail-origin", b"email-queue/0"),
        ("mail-origin", b"email-queue/0/x"),
        ("mail-origin", b"email-queue/-1/5"),
        ("mail-origin", b"email\r\nqueue/0/5"),
        ("mail-origin", "ä/0/5".encode()),
        ("mail-origin", b"/0/5"),
        ("mail-recipients", b"ann@example.com"),
        ("mail-recipients", b"[]"),
        ("mail-recipients", b'{"a":1}'),
        ("mail-recipients", b"[7]"),
        ("mail-recipients", b'["ann"]'),
        ("mail-recipients", b"[" * 5000),
    ],
)
def test_a_broken_header_counts_as_absent_for_a_dead_letter(name: str, value: bytes) -> None:
    """The others stand; `test_refusals` has that such a record is refused."""
    assert trail_of(record(b"", ((name, value),))) == FIRST
    others = tuple(header for header in WRITTEN if header[0] != name)
    assert trail_of(record(b"", (*others, (name, value)))) == trail_of(record(b"", others))


def test_a_missing_timestamp_stays_missing() -> None:
    headers = (("mail-first-seen", b"-1"),)
    assert read_trail(record(b"", headers)).first_seen_ms == -1


def test_attempts_may_go_on_from_the_highest_retry_count_as_far_again() -> None:
    assert read_trail(record(b"", (("mail-attempt", b"2000000"),))).attempts == 2_000_000


def test_an_unknown_error_kind_says_nothing() -> None:
    assert read_trail(record(b"", (("mail-error-kind", b"\xffnew"),))).last_kind is None


def test_recipients_are_normalised_and_each_named_once() -> None:
    headers = (("mail-recipients", b'["ann@EXAMPLE.com","ann@example.com"]'),)
    assert read_trail(record(b"", headers)).recipients == ("ann@example.com",)


@given(st.lists(st.tuples(st.sampled_from([name for name, _ in WRITTEN]), st.binary(max_size=40))))
def test_any_headers_give_some_trail(headers: list[tuple[str, bytes]]) -> None:
    assert isinstance(trail_of(record(b"", tuple(headers))), Trail)
