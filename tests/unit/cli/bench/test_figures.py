"""Figures are made from what the service's own metrics grew by, and from its log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
import pytest

from app.cli.bench.figures import (
    BUFFER,
    COMPOSING,
    OPENING,
    OUTSIDE,
    REST,
    delivered,
    outcomes,
    processing_s,
    relay_share,
    spent,
)
from app.cli.bench.latency import ends_in, percentiles
from app.cli.bench.machine import Ticks, ticks, used
from app.cli.bench.numbers import Growth, Numbers

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
# TYPE mailer_outcomes counter
mailer_outcomes_total{{status="delivered",kind="none"}} {delivered}
mailer_outcomes_total{{status="dead",kind="recipient"}} {dead}
# TYPE mailer_pool_processing_seconds histogram
mailer_pool_processing_seconds_count{{outcome="done"}} {mails}
mailer_pool_processing_seconds_sum{{outcome="done"}} {processing}
mailer_pool_queue_wait_seconds_sum {waiting}
mailer_compose_seconds_sum {composing}
mailer_relay_phase_seconds_sum{{relay="a",phase="connect"}} {connecting}
mailer_relay_phase_seconds_sum{{relay="a",phase="mail"}} {mail}
mailer_relay_phase_seconds_sum{{relay="b",phase="mail"}} {mail}
mailer_relay_phase_seconds_sum{{relay="a",phase="final"}} {final}
"""


def numbers(at_s: float, **values: float) -> Numbers:
    zeros = dict.fromkeys(
        ("delivered", "dead", "mails", "processing", "waiting", "composing"), 0.0
    ) | dict.fromkeys(("connecting", "mail", "final"), 0.0)
    return Numbers(TEXT.format(**(zeros | values)), at_s)


GROWTH = Growth(
    numbers(1.0, delivered=100, dead=1, mails=101, processing=7.0),
    numbers(
        3.0,
        delivered=198,
        dead=3,
        mails=201,
        processing=17.0,
        waiting=2.0,
        composing=1.0,
        connecting=0.5,
        mail=3.0,
        final=1.5,
    ),
)


def test_what_grew_counts_and_not_what_was_there() -> None:
    assert (2.0, 100, 98) == (GROWTH.seconds, outcomes(GROWTH), delivered(GROWTH))
    assert processing_s(GROWTH) == pytest.approx(0.1)
    assert {"delivered": 98.0, "dead": 2.0} == GROWTH.by("mailer_outcomes_total", "status")


def test_a_mails_time_is_told_in_milliseconds_and_adds_up() -> None:
    found = spent(GROWTH)
    assert found == pytest.approx(
        {
            BUFFER: 20.0,
            COMPOSING: 10.0,
            OPENING: 5.0,
            "MAIL": 60.0,
            "RCPT": 0.0,
            "DATA": 0.0,
            "the content": 0.0,
            "the final reply": 15.0,
            REST: 10.0,
        }
    )
    whole = spent(GROWTH, mean_ms=150.0)
    assert whole[OUTSIDE] == pytest.approx(30.0)
    assert sum(whole.values()) == pytest.approx(150.0)
    assert relay_share(found) == pytest.approx((0.8, 0.1))


def test_without_mails_no_time_went_anywhere() -> None:
    nothing = Growth(numbers(1.0), numbers(2.0))
    assert spent(nothing) == {}
    assert processing_s(nothing) == 0.0
    assert relay_share({}) == (0.0, 0.0)


def line(status: str, at: str, **fields: object) -> bytes:
    event = {"event": f"email.{status}", "id": "bench-1", "status": status, "at": at, **fields}
    return orjson.dumps(event) + b"\n"


def test_the_log_tells_when_mails_were_delivered_and_why_others_were_not() -> None:
    dead = {"error_kind": "recipient", "code": 550, "enhanced_code": "5.1.1", "reply": "No"}
    found = ends_in(
        [
            b"ended\n",
            orjson.dumps({"event": "reading kafka-mailer-bench-1"}),
            line("delivered", "1970-01-01T00:00:01.250Z"),
            line("dead", "1970-01-01T00:00:02.000Z", **dead),
            line("dead", "1970-01-01T00:00:02.000Z", **dead),
            line("retrying", "1970-01-01T00:00:02.000Z", error_kind="connection"),
            b'{"event":"email.delivered","id":"cut',
        ]
    )
    assert found.at_ms == {"bench-1": 1250}
    assert found.others == {"recipient: 550 5.1.1 No": 2, "connection": 1}
    assert found.reason == "recipient: 550 5.1.1 No"
    assert ends_in([]).reason == ""


def test_percentiles_are_values_that_occurred() -> None:
    assert percentiles([float(n) for n in range(1, 101)]) == {
        "p50": 51.0,
        "p95": 95.0,
        "p99": 99.0,
        "max": 100.0,
    }
    assert percentiles([7.0]) == dict.fromkeys(("p50", "p95", "p99", "max"), 7.0)


def test_the_machine_is_as_busy_as_its_cores_were(tmp_path: Path) -> None:
    stat = tmp_path / "stat"
    stat.write_text("cpu  10 0 10 70 10 0 0 0 5 0\ncpu0 1 2 3\n")
    before = ticks(stat)
    assert before == Ticks(80, 100)
    assert used(before, Ticks(90, 200)) == pytest.approx(0.9)
    assert used(before, before) is None


def test_a_system_that_does_not_tell_is_not_guessed_at(tmp_path: Path) -> None:
    assert ticks(tmp_path / "absent") is None
    assert used(None, Ticks(1, 2)) is None
