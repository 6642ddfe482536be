"""A journey follows the service's log, and tells what its ending lacks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from app.cli.demo.journey import Journeys
from app.cli.demo.scenario import Scene

ORIGIN = "email-queue/0/7"
LATER = datetime(2026, 1, 2, 12, 0, 5, tzinfo=UTC)


def event(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "event": f"email.{status}",
        "id": "email-queue-0-7",
        "status": status,
        "origin": ORIGIN,
        "attempt": 1,
        "message_id": "<m@example.com>",
        "recipients": [{"address": "ann@example.com", "status": status, "code": 250}],
        **fields,
    }


DELIVERED = event("delivered")
RETRYING = event(
    "retrying",
    error_kind="temporary",
    code=450,
    enhanced_code="4.2.0",
    reply="Greylisted",
    next_attempt_at="2026-01-02T12:00:05.000Z",
)
DEAD = event("dead", error_kind="recipient", code=550, enhanced_code="5.1.1", reply="No such user")


def test_a_retry_says_why_and_until_when() -> None:
    journeys = Journeys()
    journey = journeys.add(ORIGIN, Scene("t", {}))

    assert journeys.heed(RETRYING) is journey

    assert (journey.state, journey.due, journey.ended) == ("retrying", LATER, False)
    assert journey.detail == "temporary: 450 4.2.0 Greylisted"


def test_a_delivery_after_a_retry_tells_its_attempt() -> None:
    journeys = Journeys()
    journey = journeys.add(ORIGIN, Scene("t", {}, retried=True))
    journeys.heed(RETRYING)
    journeys.heed({**DELIVERED, "attempt": 2})

    assert (journey.state, journey.due) == ("delivered", None)
    assert journey.detail == "to ann@example.com, attempt 2"
    assert journeys.all_ended
    assert journeys.missing(["<m@example.com>"]) == []


def test_several_recipients_are_counted() -> None:
    recipients = [
        {"address": f"{n}@example.com", "status": status, "code": 250}
        for n, status in enumerate(["delivered", "delivered", "dead"])
    ]
    journeys = Journeys()
    journey = journeys.heed(event("delivered", recipients=recipients))

    assert journey
    assert journey.detail == "to 2 recipients, 1 refused"


def test_a_result_that_comes_before_its_beginning_is_kept() -> None:
    journeys = Journeys()
    journeys.heed(DELIVERED)

    journey = journeys.add(ORIGIN, Scene("title", {}, waits_until=LATER))

    assert (journey.title, journey.state, journey.due) == ("title", "delivered", None)
    assert len(journeys) == 1


def test_a_scheduled_mail_waits() -> None:
    journey = Journeys().add(ORIGIN, Scene("t", {}, waits_until=LATER))

    assert (journey.state, journey.due, journey.ended) == ("queued", LATER, False)


def test_mails_of_the_users_own_are_shown_and_nothing_is_expected_of_them() -> None:
    journeys = Journeys()

    journey = journeys.heed(RETRYING)

    assert journey
    assert journey.title == "Yours: email-queue-0-7"
    assert journeys.all_ended
    assert journeys.missing([]) == []


@pytest.mark.parametrize(
    "line",
    [
        {"event": "reading email-queue"},
        {"event": "email.hop", "origin": ORIGIN},
        {"message": "something else"},
        {},
    ],
)
def test_other_lines_of_the_log_change_nothing(line: dict[str, Any]) -> None:
    journeys = Journeys()

    assert journeys.heed(line) is None
    assert len(journeys) == 0


@pytest.mark.parametrize(
    ("scene", "events", "missing"),
    [
        (Scene("t", {}), [], "t: is queued, not delivered"),
        (Scene("t", {}), [DEAD], "t: is dead, not delivered: recipient: 550 5.1.1 No such user"),
        (Scene("t", {}, retried=True), [DELIVERED], "t: was not retried"),
        (Scene("t", {}), [{**DELIVERED, "message_id": "<x>"}], "t: is not in the mailbox"),
        (
            Scene("t", {}, kind="recipient"),
            [DELIVERED],
            "t: is delivered, not dead: to ann@example.com",
        ),
        (Scene("t", {}, kind="policy"), [DEAD], "t: ended as recipient, not policy"),
        (Scene("t", {}, kind="recipient"), [DEAD], None),
        (Scene("t", {}), [DELIVERED], None),
    ],
)
def test_what_did_not_end_as_expected_is_named(
    scene: Scene, events: list[dict[str, Any]], missing: str | None
) -> None:
    journeys = Journeys()
    journeys.add(ORIGIN, scene)
    for one in events:
        journeys.heed(one)

    assert journeys.missing(["<m@example.com>"]) == ([missing] if missing else [])
