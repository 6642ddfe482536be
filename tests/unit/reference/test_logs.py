"""docs/logs.md tells what the code logs."""

from __future__ import annotations

from app.domain.outcome import Status
from app.telemetry import events
from reference.logs import PACKAGE
from reference.said import Line, audited, lines_of
from tests.unit.outcomes.builders import attempt, decided, job


def test_each_event_and_each_field_of_an_outcome_is_told_of() -> None:
    assert set(events.MAIL) == {"email.waiting", *(f"email.{status}" for status in Status)}
    assert list(events.MAIL_FIELDS) == list(decided(job("ann"), attempt()).fields)


def test_lines_are_read_from_the_code_with_their_loggers() -> None:
    found = lines_of(PACKAGE)

    assert Line("app", "info", "draining for at most … s") in found
    assert Line("app.pool", "warning", "job … has been running for … s") in found
    assert Line("app.pipeline.router", "error", "deciding failed") in found


def test_audited_acts_are_read_from_the_code() -> None:
    assert {"admin.pause", "admin.pool_resize", "admin.settings"} <= set(audited(PACKAGE))
