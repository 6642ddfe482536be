"""The headers of what is written on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain import wire
from app.domain.outcome import ErrorKind
from app.domain.record import Outgoing
from app.outcomes import without_value
from tests.unit.outcomes.builders import (
    NOW,
    attempt,
    decided,
    deferred,
    header,
    job,
    refused,
    said,
    trail,
    unlike,
)

foreign = st.lists(
    st.tuples(st.text(max_size=20).filter(lambda name: name not in wire.OURS), st.binary()),
    max_size=6,
).map(tuple)


@given(foreign)
def test_the_producer_s_headers_are_kept_as_they_are(
    headers: tuple[tuple[str, bytes], ...],
) -> None:
    mail = job("ann", headers=headers)

    [letter] = decided(mail, attempt(refused("ann"))).letters

    assert headers == letter.headers[: len(headers)]
    assert headers == mail.record.headers
    assert {name for name, _ in letter.headers[len(headers) :]} <= wire.OURS


def test_ours_are_written_anew_and_never_twice() -> None:
    headers = (
        ("mail-attempt", b"1"),
        ("traceparent", b"00-aa"),
        ("mail-not-before", b"1"),
        ("mail-error-code", b"421"),
        ("mail-recipients", b'["x@example.com"]'),
        ("mail-attempt", b"2"),
    )
    mail = job("ann", past=trail(attempts=6), headers=headers)

    [letter] = decided(mail, attempt(unlike("ann", ErrorKind.CONNECTION, detail="lost"))).letters

    names = [name for name, _ in letter.headers]
    assert len(names) == len(set(names))
    assert header(letter, "traceparent") == "00-aa"
    assert header(letter, "mail-attempt") == "7"
    assert header(letter, "mail-error-text") == "lost"
    for gone in ("mail-not-before", "mail-error-code", "mail-recipients"):
        assert header(letter, gone) is None


def test_the_origin_and_the_first_sight_stay_what_they_were() -> None:
    past = trail(first_seen_ms=NOW - 10**7)

    [letter] = decided(job("ann", past=past), attempt(deferred("ann"))).letters

    assert header(letter, "mail-origin") == "email-queue/3/41"
    assert header(letter, "mail-first-seen") == str(NOW - 10**7)
    assert header(letter, "mail-id") == "m-1"


def test_the_code_stands_alone_where_there_is_no_enhanced_one() -> None:
    [letter] = decided(job("ann"), attempt(said("ann", 450, None, "later"))).letters

    assert header(letter, "mail-error-code") == "450"


def test_the_relay_s_words_are_one_line_of_at_most_500_characters() -> None:
    words = "first\r\nsecond\tthird\x00\x1b[31m" + "é" * 600

    [letter] = decided(job("ann"), attempt(said("ann", 450, None, words))).letters

    text = header(letter, "mail-error-text") or ""
    assert text.startswith("first  second third[31mé")
    assert len(text) == 500


def test_text_and_ids_that_are_no_valid_unicode_still_make_headers() -> None:
    mail = job("ann", id="m\udc80")

    [letter] = decided(mail, attempt(said("ann", 450, None, "bad \udcff byte"))).letters

    assert header(letter, "mail-id") == "m?"
    assert header(letter, "mail-error-text") == "bad  byte"


def test_a_dead_letter_too_large_for_its_topic_says_why_it_has_no_value() -> None:
    [letter] = decided(job("ann"), attempt(refused("ann"))).letters

    small = without_value(letter)

    assert small.value is None
    assert (letter.topic, letter.lane, letter.key) == (small.topic, small.lane, small.key)
    assert header(small, "mail-origin") == "email-queue/3/41"
    assert header(small, "mail-error-kind") == "recipient"
    text = header(small, "mail-error-text") or ""
    assert "too large" in text
    assert text.endswith("no such user")


def test_the_reason_for_a_missing_value_needs_no_other_reason() -> None:
    small = without_value(Outgoing("email-dlq", 0, None, b"x" * 10))

    assert header(small, "mail-error-text") == "value left out, too large for this topic"
