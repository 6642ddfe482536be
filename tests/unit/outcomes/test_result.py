"""The result's JSON."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from app.domain.smtp import RelayUnavailable
from tests.unit.outcomes.builders import (
    NOW,
    accepted,
    attempt,
    decided,
    deferred,
    job,
    result_of,
    said,
    trail,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_a_delivery_s_result_has_exactly_the_fields_of_the_contract() -> None:
    mail = job("ann", tags=("a", "b"), metadata={"order": 7, "nested": {"x": [None, True]}})

    decision = decided(mail, attempt(accepted("ann")))

    assert result_of(decision) == {
        "id": "m-1",
        "type": "receipt",
        "status": "delivered",
        "attempt": 1,
        "relay": "relay-a",
        "code": 250,
        "enhanced_code": "2.0.0",
        "reply": "Ok: queued as 4Xyz",
        "recipients": [{"address": "ann@example.com", "status": "delivered", "code": 250}],
        "message_id": "<abc@example.com>",
        "relay_id": "4Xyz",
        "queued_ms": 500,
        "send_ms": 250,
        "origin": "email-queue/3/41",
        "error_kind": None,
        "next_attempt_at": None,
        "tags": ["a", "b"],
        "metadata": {"order": 7, "nested": {"x": [None, True]}},
        "at": "2026-01-01T00:00:00.000Z",
    }
    assert decision.result is not None
    assert decision.result.key == b"m-1"


def test_a_retry_s_result_says_why_and_when() -> None:
    result = result_of(decided(job("ann", past=trail(attempts=1)), attempt(deferred("ann"))))

    assert (result["status"], result["error_kind"]) == ("retrying", "temporary")
    assert (result["attempt"], result["code"], result["enhanced_code"]) == (2, 451, "4.3.0")
    assert result["next_attempt_at"] == "2026-01-01T00:05:00.000Z"


def test_without_an_attempt_the_result_names_no_relay() -> None:
    result = result_of(decided(job("ann"), RelayUnavailable("relay-a", "away", retry_in=1)))

    assert (result["relay"], result["message_id"], result["relay_id"]) == (None, None, None)
    assert (result["code"], result["send_ms"], result["reply"]) == (None, 0, "away")


def test_the_reply_is_one_printable_line() -> None:
    result = result_of(decided(job("ann"), attempt(said("ann", 450, None, "a\r\nb\x07c\u2028d"))))

    assert result["reply"] == "a  bc d"


@pytest.mark.parametrize(
    ("metadata", "carried"),
    [
        ({"n": 2**70}, {"n": 2**70}),
        ({"s": "\ud800"}, {"s": "?"}),
        (MappingProxyType({"s": "é"}), {"s": "é"}),
    ],
)
def test_metadata_that_only_some_json_libraries_take_costs_no_result(
    metadata: Mapping[str, object], carried: dict[str, object]
) -> None:
    decision = decided(job("ann", metadata=metadata), attempt(accepted("ann")))

    assert decision.result is not None
    assert json.loads(decision.result.value or b"")["metadata"] == carried


def test_the_log_is_given_what_the_topic_is() -> None:
    decision = decided(job("ann"), attempt(accepted("ann")))

    assert list(decision.fields) == list(result_of(decision))
    assert decision.fields["at"] == result_of(decision)["at"]
    assert NOW == 1_767_225_600_000
