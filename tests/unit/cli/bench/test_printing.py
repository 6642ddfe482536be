"""A run is told in words and tables that fit, or as one JSON document."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from app.cli.bench.facts import Advice, Cause
from app.cli.bench.figures import Figures, Latency, Load
from app.cli.bench.printing import document, show

if TYPE_CHECKING:
    import pytest

ADVICE = Advice(Cause.WORKERS, "All wait.", "Set EMAIL_WORKER_COUNT=40.", "EMAIL_WORKER_COUNT")
FIGURES = Figures(
    kafka="kafka:9092",
    relay="a sink of its own",
    workers=10,
    busy=0.987,
    steady=Latency(50.0, 250, {"p50": 101.0, "p95": 104.0, "p99": 109.0, "max": 140.0}, 102.3),
    full=Load(mails=495, seconds=5.0, cpu_s=0.5, resident_mb=78.4, machine=0.31),
    spent_steady={"Kafka": 1.234, "MAIL": 101.0},
    spent_full={"waiting in the buffer": 90.0, "MAIL": 100.5},
    advice=[ADVICE],
    delivered=800,
)


def test_people_read_rate_cost_latency_where_time_went_and_what_to_do(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show(FIGURES)
    said = capsys.readouterr().out
    assert "99 mails/s to a sink of its own, 1,010 µs of processor time a mail, 78 MB" in said
    assert "495 mails in 5.0 s: 10 workers busy 99% of the time, 10% of a core used" in said
    assert "At 50 mails/s, from produced to the relay's final reply (250 mails)" in said
    assert "p50 101 ms   p95 104 ms   p99 109 ms   max 140 ms" in said
    assert "\x1b" not in said
    rows = {line.split("  ")[0]: line.split()[-2:] for line in said.splitlines() if "  " in line}
    assert rows["MAIL"] == ["101.00", "100.50"]
    assert said.endswith("What to change\n  All wait.\n  → Set EMAIL_WORKER_COUNT=40.\n")


def test_programs_read_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(document(FIGURES))
    assert found["full_load"]["mails_per_second"] == 99.0
    assert found["full_load"]["cpu_us_per_mail"] == 1010.1
    assert found["full_load"]["spent_ms"] == {"waiting in the buffer": 90.0, "MAIL": 100.5}
    assert found["steady"]["latency_ms"]["p99"] == 109.0
    assert found["advice"] == [
        {
            "cause": "workers",
            "text": "All wait.",
            "action": "Set EMAIL_WORKER_COUNT=40.",
            "setting": "EMAIL_WORKER_COUNT",
        }
    ]
    assert capsys.readouterr().out == ""


def test_mails_that_failed_are_told_with_their_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    reasons = {"recipient: 550 No": 7, "connection": 2, "bug": 1, "relay_auth": 1}
    show(replace(FIGURES, failed=reasons))
    said = capsys.readouterr().out
    assert "7 mails not delivered: recipient: 550 No" in said
    assert "and 1 other reason\n" in said


def test_without_a_latency_the_rest_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = replace(FIGURES, steady=None, spent_steady={})
    show(nothing)
    assert "final reply" not in capsys.readouterr().out
    assert json.loads(document(nothing))["steady"] is None
