"""Dead letters are read whatever has been done to them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import wire
from app.domain.glimpse import Glimpse
from app.domain.record import Headers, Origin, Record
from app.outcomes.dead_letters import DeadLetter, Place, read_letter
from app.outcomes.dead_letters.letter import FOREIGN, NO_VALUE
from tests.support.dead_letters import FAILED_AT, headers

TOPIC = "email-dlq"
names = st.sampled_from(sorted(wire.OURS)) | st.text(max_size=20)
raw_headers = st.lists(st.tuples(names, st.binary(max_size=60)), max_size=12).map(tuple)


def letter(
    given_headers: Headers, value: bytes | None = b"{}", seen: Glimpse | None = None
) -> DeadLetter:
    record = Record(TOPIC, 2, 17, 1_000, b"key", value, given_headers)
    return read_letter(record, lambda _: seen or Glimpse())


def test_what_the_service_wrote_is_read_whole() -> None:
    found = letter(headers(7, mail_recipients=b'["ann@example.com"]'), seen=Glimpse(type="receipt"))
    assert found.place == Place(2, 17)
    assert (found.id, found.type, found.kind) == ("flat-7", "receipt", "recipient")
    assert (found.code, found.text) == ("550 5.1.1", "no such user")
    assert (found.at_ms, found.first_seen_ms) == (FAILED_AT, FAILED_AT - 1000)
    assert (found.attempts, found.origin) == (1, Origin("email-queue", 0, 7))
    assert found.recipients == ("ann@example.com",)
    assert found.notes == ()


def test_without_headers_it_is_shown_as_a_foreign_record() -> None:
    seen = Glimpse(id="order-1", recipients=("bob@example.com",))
    found = letter((("x", b"y"),), seen=seen)
    assert (found.id, found.kind, found.at_ms) == ("order-1", None, 1_000)
    assert found.recipients == ("bob@example.com",)
    assert found.notes == (FOREIGN,)
    assert letter(()).id == "email-dlq-2-17"


def test_a_missing_value_is_noted() -> None:
    assert letter(headers(1), value=None).notes == (NO_VALUE,)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        (wire.MAIL_ATTEMPT, b"-1"),
        (wire.MAIL_ATTEMPT, b"1" * 5000),
        (wire.MAIL_FAILED_AT, b"yesterday"),
        (wire.MAIL_FIRST_SEEN, b"9" * 15),
        (wire.MAIL_ORIGIN, b"queue/x/1"),
        (wire.MAIL_RECIPIENTS, b"[1]"),
        (wire.MAIL_RECIPIENTS, b"\xff"),
    ],
)
def test_a_broken_header_is_noted_and_counts_as_absent(name: str, value: bytes) -> None:
    found = letter(headers(1, **{name.replace("-", "_"): value}))
    assert len(found.notes) == 1
    assert found.notes[0].startswith(f"{name} is not ")
    assert found.id == "flat-1"


@given(raw_headers, st.none() | st.binary(max_size=40))
def test_no_header_stops_the_reading_or_reaches_the_terminal_raw(
    given_headers: Headers, value: bytes | None
) -> None:
    found = letter(given_headers, value)
    shown = [found.id, found.kind or "", found.code or "", found.text, *found.notes]
    assert all(char.isprintable() or not char.isascii() for text in shown for char in text)
    assert not any("\x7f" <= char <= "\x9f" for text in shown for char in text)
    json.dumps(found.fields())
    assert found.record.headers == given_headers


@pytest.mark.parametrize("text", ["", "1", "1/", "/1", "a/1", "1/-1", "1/2/3", " 1/2", "\uff11/2"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not PARTITION/OFFSET"):
        Place.parse(text)


@given(st.integers(0, 10**9 - 1), st.integers(0, 10**18 - 1))
def test_places_are_read_as_they_are_written(partition: int, offset: int) -> None:
    assert Place.parse(str(Place(partition, offset))) == (partition, offset)
