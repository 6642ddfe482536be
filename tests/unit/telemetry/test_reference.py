"""docs/logs.md tells what the code logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.outcome import Status
from app.telemetry import events
from app.telemetry.reference import PACKAGE, PAGE, with_tables
from app.telemetry.said import Line, audited, lines_of
from tests.unit.outcomes.builders import attempt, decided, job

REPOSITORY = Path(__file__).resolve().parents[3]


def test_the_page_has_the_tables_as_they_are_now() -> None:
    page = (REPOSITORY / PAGE).read_text(encoding="utf-8")

    assert page == with_tables(page), "make reference"


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


def test_a_page_without_a_place_for_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for the table 'frame'"):
        with_tables("# Logs\n")
