"""The line of a message's outcome."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from app.domain.outcome import ErrorKind, Status
from app.telemetry import MailLog
from tests.unit.telemetry.capture import captured

if TYPE_CHECKING:
    from app.domain.record import Outgoing

K = ErrorKind


@dataclass
class Outcome:
    status: Status | None
    kind: ErrorKind | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    error: BaseException | None = None
    letters: tuple[Outgoing, ...] = ()
    template: str | None = None
    age_s: float | None = None

    @property
    def event(self) -> str:
        return f"email.{self.status or 'waiting'}"


def recipients(*statuses: Status) -> list[dict[str, Any]]:
    return [
        {"address": f"user{number}@example.com", "status": status, "code": 250}
        for number, status in enumerate(statuses)
    ]


def result(**changes: Any) -> dict[str, Any]:
    fields = {
        "id": "m-1",
        "type": None,
        "status": Status.DELIVERED,
        "attempt": 1,
        "relay": "relay-a",
        "code": 250,
        "enhanced_code": "2.0.0",
        "reply": "Ok: queued as 4Xyz",
        "recipients": recipients(Status.DELIVERED),
        "message_id": "<abc@example.com>",
        "relay_id": "4Xyz@relay.example.com",
        "queued_ms": 5,
        "send_ms": 25,
        "origin": "email-queue/3/41",
        "error_kind": None,
        "next_attempt_at": None,
        "tags": ("a",),
        "metadata": {"order": 7},
        "at": "2026-01-01T00:00:00.000Z",
    }
    return fields | changes


@pytest.mark.parametrize(
    ("status", "kind", "level"),
    [
        (Status.DELIVERED, None, "info"),
        (Status.RETRYING, K.TEMPORARY, "warning"),
        (Status.RETRYING, K.CONNECTION, "warning"),
        (Status.RETRYING, K.RELAY_AUTH, "error"),
        (Status.RETRYING, K.BUG, "error"),
        (Status.DEAD, K.RECIPIENT, "warning"),
        (Status.DEAD, K.INVALID_MESSAGE, "warning"),
        (Status.DEAD, K.SENDER, "error"),
        (Status.DEAD, K.BUG, "error"),
        (Status.EXPIRED, K.EXPIRED, "warning"),
        (Status.SUPPRESSED, K.SUPPRESSED, "info"),
        (Status.DUPLICATE, K.DUPLICATE, "info"),
        (None, None, "debug"),
    ],
)
def test_the_level_says_who_has_to_act(
    status: Status | None, kind: ErrorKind | None, level: str
) -> None:
    fields = result(recipients=recipients(status)) if status else {"id": "m-1"}
    with captured("debug") as log:
        MailLog(log.lines).write(Outcome(status, kind, fields))

    assert log.event["level"] == level
    assert log.event["event"] == f"email.{status or 'waiting'}"
    assert log.event["logger"] == "mail"


def test_a_delivery_that_left_somebody_out_is_a_warning() -> None:
    fields = result(recipients=recipients(Status.DELIVERED, Status.DEAD))
    with captured() as log:
        MailLog(log.lines).write(Outcome(Status.DELIVERED, None, fields))

    assert log.event["level"] == "warning"


def test_the_line_carries_the_result_with_addresses_by_policy() -> None:
    fields = result(
        reply="<user0@example.com>: Ok", metadata={"for": "user0@example.com"}, id="x@y.org"
    )
    with captured() as log:
        MailLog(log.lines).write(Outcome(Status.DELIVERED, None, fields))

    event = log.event
    assert [each["address"] for each in event["recipients"]] == ["u***@example.com"]
    assert event["reply"] == "<u***@example.com>: Ok"
    assert event["metadata"] == {"for": "u***@example.com"}
    assert event["id"] == "x***@y.org"
    assert event["message_id"] == "<abc@example.com>"
    assert event["relay_id"] == "4Xyz@relay.example.com"
    assert set(result()) <= set(event)


def test_the_outcome_itself_is_left_alone() -> None:
    fields = result(reply="<user0@example.com>: Ok")
    with captured() as log:
        MailLog(log.lines).write(Outcome(Status.DELIVERED, None, fields))

    assert fields == result(reply="<user0@example.com>: Ok")


def test_full_addresses_come_whole() -> None:
    with captured(addresses="full") as log:
        MailLog(log.lines).write(Outcome(Status.DELIVERED, None, result()))

    assert log.event["recipients"][0]["address"] == "user0@example.com"


def test_a_bug_comes_with_its_traceback_and_without_words_that_may_quote_the_message() -> None:
    fields = result(recipients=recipients(Status.RETRYING))
    error = KeyError("x")
    with captured() as log:
        MailLog(log.lines).write(Outcome(Status.RETRYING, K.BUG, fields, error))

    assert log.event["exception"].startswith("KeyError (")
    assert "'x'" not in log.text


def test_on_a_terminal_recipients_are_words() -> None:
    with captured(form="console") as log:
        MailLog(log.lines).write(Outcome(Status.DELIVERED, None, result()))

    assert "recipients='u***@example.com delivered 250'" in log.text
