"""What never becomes a job."""

from __future__ import annotations

import pytest

from app.domain.claim import Claim
from app.domain.job import Hop, Refused, RefusedAs
from app.domain.outcome import ErrorKind, Status
from app.domain.timestamps import rfc3339
from app.outcomes import decide_hop, decide_refused
from tests.unit.outcomes.builders import (
    NO_RESULTS,
    NOW,
    QUEUE,
    ROUTES,
    header,
    message,
    record,
    result_of,
    trail,
)

CLAIM = Claim(QUEUE, 3, 41, epoch=1)


def undecodable(value: bytes | None = b"\xff not JSON") -> Refused:
    headers = (("traceparent", b"00-aa-bb-01"), ("x-raw", b"\xff\x00"))
    return Refused(
        CLAIM,
        record(headers=headers, value=value),
        trail(),
        RefusedAs.INVALID,
        "the value is not JSON",
    )


@pytest.mark.parametrize("value", [b"\xff not JSON", b"", None])
def test_an_undecodable_record_is_dead_with_everything_it_came_with(value: bytes | None) -> None:
    decision = decide_refused(undecodable(value), ROUTES, now_ms=NOW)

    [letter] = decision.letters
    assert (Status.DEAD, ErrorKind.INVALID_MESSAGE) == (decision.status, decision.kind)
    assert ("email-dlq", 3, b"key", value) == (letter.topic, letter.lane, letter.key, letter.value)
    assert (("traceparent", b"00-aa-bb-01"), ("x-raw", b"\xff\x00")) == letter.headers[:2]
    assert header(letter, "mail-error-kind") == "invalid_message"
    assert header(letter, "mail-error-text") == "the value is not JSON"
    assert header(letter, "mail-attempt") == "0"
    assert header(letter, "mail-origin") == "email-queue/3/41"


def test_an_undecodable_record_s_id_is_the_default() -> None:
    result = result_of(decide_refused(undecodable(), ROUTES, now_ms=NOW))

    assert result["id"] == "email-queue-3-41"
    assert result["type"] is None
    assert result["recipients"] == []
    assert result["error_kind"] == "invalid_message"
    assert result["reply"] == "the value is not JSON"


def test_a_decoded_but_invalid_message_is_named_by_its_own_id() -> None:
    refused = Refused(
        CLAIM, record(), trail(), RefusedAs.INVALID, "from: is missing", message("ann")
    )

    result = result_of(decide_refused(refused, ROUTES, now_ms=NOW))

    assert (result["id"], result["type"], result["attempt"]) == ("m-1", "receipt", 0)
    assert result["recipients"] == [
        {"address": "ann@example.com", "status": "dead", "code": None},
    ]


def test_an_expired_record_is_settled_with_a_result() -> None:
    refused = Refused(CLAIM, record(), trail(), RefusedAs.EXPIRED, "expired", message("ann"))

    decision = decide_refused(refused, ROUTES, now_ms=NOW)

    assert (Status.EXPIRED, ErrorKind.EXPIRED, ()) == (
        decision.status,
        decision.kind,
        decision.letters,
    )
    assert result_of(decision)["status"] == "expired"


def test_an_expired_record_is_a_dead_letter_where_there_are_no_results() -> None:
    past = trail(attempts=2, recipients=("ann@example.com",))
    refused = Refused(CLAIM, record(), past, RefusedAs.EXPIRED, "expired", message("ann", "bob"))

    decision = decide_refused(refused, NO_RESULTS, now_ms=NOW)

    [letter] = decision.letters
    assert ("email-dlq", None) == (letter.topic, decision.result)
    assert header(letter, "mail-error-kind") == "expired"
    assert header(letter, "mail-recipients") == '["ann@example.com"]'
    assert header(letter, "mail-attempt") == "2"


@pytest.mark.parametrize(
    ("wait_s", "topic"), [(10, "30s"), (299, "30s"), (1800, "30m"), (10**6, "16h"), (-5, "30s")]
)
def test_a_hop_waits_in_the_largest_tier_not_above_what_remains(wait_s: int, topic: str) -> None:
    hop = Hop(CLAIM, record(), trail(), message("ann"), NOW + wait_s * 1000)

    decision = decide_hop(hop, ROUTES, now_ms=NOW)

    [letter] = decision.letters
    assert letter.topic == f"email-queue-retry-{topic}"
    assert header(letter, "mail-not-before") == str(NOW + wait_s * 1000)
    assert header(letter, "mail-attempt") == "0"
    assert (None, None, None) == (decision.status, decision.kind, decision.result)
    assert decision.event == "email.waiting"
    assert (CLAIM, hop.not_before_ms) == (decision.claim, decision.next_attempt_at_ms)
    # Should the tier refuse the record.
    assert (Status.RETRYING, rfc3339(hop.not_before_ms), None) == (
        decision.fields["status"],
        decision.fields["next_attempt_at"],
        decision.fields["reply"],
    )


def test_what_is_written_of_them_carries_the_trace_it_is_told_of() -> None:
    told = (("traceparent", b"ours"),)
    hop = Hop(CLAIM, record(), trail(), message("ann"), NOW + 60_000)

    for decision in (
        decide_refused(undecodable(), ROUTES, now_ms=NOW, context=told),
        decide_hop(hop, ROUTES, now_ms=NOW, context=told),
    ):
        assert header(decision.letters[0], "traceparent") == "ours"


def test_a_hop_remembers_how_the_last_attempt_failed() -> None:
    headers = (
        ("mail-error-kind", b"bug"),
        ("mail-error-text", b"KeyError"),
        ("mail-failed-at", b"123"),
        ("mail-attempt", b"1"),
        ("mail-not-before", b"5"),
    )
    past = trail(attempts=1, recipients=("bob@example.com",))
    hop = Hop(CLAIM, record(headers=headers), past, message("ann", "bob"), NOW + 60_000)

    [letter] = decide_hop(hop, ROUTES, now_ms=NOW).letters

    assert header(letter, "mail-error-kind") == "bug"
    assert header(letter, "mail-failed-at") == "123"
    assert header(letter, "mail-attempt") == "1"
    assert header(letter, "mail-not-before") == str(NOW + 60_000)
    assert header(letter, "mail-recipients") == '["bob@example.com"]'
