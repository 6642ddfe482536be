"""Which results are shown."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from app.domain.record import Record
from app.outcomes.result_filter import ResultFilter

RESULT: dict[str, Any] = {
    "id": "order-17",
    "type": "receipt",
    "status": "retrying",
    "relay": "mail.example:587",
    "error_kind": "temporary",
    "recipients": [
        {"address": "Ann@Example.com", "status": "delivered", "code": 250},
        {"address": "ben@example.org", "status": "retrying", "code": 450},
    ],
}


def record(value: bytes, key: bytes | None = b"order-17") -> Record:
    return Record("results", 0, 5, 1, key, value, ())


def only(**fields: str) -> ResultFilter:
    return ResultFilter(**{name: frozenset(value.split()) for name, value in fields.items()})


@pytest.mark.parametrize(
    "wanted",
    [
        ResultFilter(),
        only(ids="order-17"),
        only(ids="other order-17"),
        only(types="receipt"),
        only(kinds="temporary"),
        only(relays="mail.example"),
        only(relays="mail.example:587"),
        only(statuses="retrying"),
        only(statuses="delivered"),
        only(recipients="ann@example.com"),
        only(recipients="EXAMPLE.org"),
        only(recipients="@example.org", statuses="retrying"),
    ],
)
def test_matches(wanted: ResultFilter) -> None:
    assert wanted.matches(RESULT)
    assert wanted.of(record(orjson.dumps(RESULT))) == RESULT


@pytest.mark.parametrize(
    "wanted",
    [
        only(ids="order-1"),
        only(types="invoice"),
        only(kinds="policy"),
        only(relays="mail"),
        only(statuses="dead"),
        only(recipients="example.net"),
        only(recipients="ple.org"),
        only(recipients="example.org", statuses="delivered"),
        only(ids="order-17", kinds="policy"),
    ],
)
def test_does_not_match(wanted: ResultFilter) -> None:
    assert not wanted.matches(RESULT)
    assert wanted.of(record(orjson.dumps(RESULT))) is None


@pytest.mark.parametrize(
    "value", [b"", b"{", b"[]", b"17", b'{"id": 1, "status": "dead"}', b'{"id": "a"}']
)
def test_what_is_no_result_is_passed_over(value: bytes) -> None:
    assert ResultFilter().of(record(value)) is None


@pytest.mark.parametrize("recipients", [None, 5, ["a"], [{"address": 1, "status": "dead"}]])
def test_broken_recipients_are_nobody(recipients: object) -> None:
    broken = {**RESULT, "recipients": recipients}
    assert ResultFilter().matches(broken)
    assert not only(recipients="example.com").matches(broken)


def test_a_mirrored_record_without_its_key_is_found_by_its_id() -> None:
    assert only(ids="order-17").of(record(orjson.dumps(RESULT), None)) == RESULT
