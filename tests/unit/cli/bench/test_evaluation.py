"""What was measured becomes figures, with the settings that bound it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.cli.bench.evaluation import evaluate
from app.cli.bench.facts import Cause
from app.cli.bench.figures import OUTSIDE
from app.cli.bench.latency import Ends
from app.cli.bench.numbers import Growth, Numbers
from app.cli.bench.order import Order
from app.cli.bench.run import Full, Measured, Steady
from app.settings import load

if TYPE_CHECKING:
    from app.cli.bench.figures import Figures

TEXT = """\
# TYPE mailer_outcomes counter
mailer_outcomes_total{{status="delivered",kind="none"}} {mails}
# TYPE mailer_pool_processing_seconds histogram
mailer_pool_processing_seconds_count{{outcome="done"}} {mails}
mailer_pool_processing_seconds_sum{{outcome="done"}} {worked}
mailer_relay_phase_seconds_sum{{relay="a",phase="mail"}} {worked}
process_cpu_seconds_total {cpu}
process_resident_memory_bytes 83886080
mailer_pool_workers 10
mailer_relay_connections_most{{relay="a"}} 10
mailer_relay_limit{{relay="a"}} 30
"""


def numbers(at_s: float, mails: int, cpu: float) -> Numbers:
    """A mail takes a worker a tenth of a second."""
    return Numbers(TEXT.format(mails=mails, worked=mails / 10, cpu=cpu), at_s)


START, WARM = numbers(0.0, 0, 0.0), numbers(2.0, 100, 0.3)
LOADED, END = numbers(7.0, 200, 0.5), numbers(12.0, 690, 1.5)
PRODUCED = {"bench-1": 1000, "bench-2": 2000, "bench-3": 3000, "bench-4": 4000}
ENDS = Ends({"bench-1": 1101, "bench-2": 2103, "bench-3": 3105, "warm": 9}, Counter())


def evaluated(order: Order | None = None, ends: Ends = ENDS, **flags: str) -> Figures:
    measured = Measured(
        Steady(1.0, PRODUCED, Growth(WARM, LOADED)),
        Full(Growth(LOADED, END), 0.4),
        Growth(START, END),
        ends,
    )
    settings = load(flags, env_file=None, secrets_folder=None).settings
    return evaluate(settings, order or Order(), measured, 3, kafka="k", relay="r")


def test_full_load_is_what_grew_while_it_lasted() -> None:
    full = evaluated().full
    assert (full.mails, full.per_second, full.resident_mb) == (490, 98.0, 80.0)
    assert full.cpu == pytest.approx(0.2)
    assert full.cpu_us == pytest.approx(1e6 / 490)


def test_latency_is_of_the_mails_of_the_steady_rate_that_were_delivered() -> None:
    steady = evaluated().steady
    assert steady is not None
    assert (steady.mails, steady.ms["p50"], steady.ms["max"]) == (3, 103.0, 105.0)
    assert steady.mean_ms == pytest.approx(103.0)
    assert evaluated().spent_steady[OUTSIDE] == pytest.approx(3.0)


def test_nothing_delivered_is_no_latency() -> None:
    found = evaluated(ends=Ends({}, Counter({"recipient: 550": 4})))
    assert found.steady is None
    assert found.failed == {"recipient: 550": 4}


def test_workers_are_advised_by_the_setting_that_bounds_them() -> None:
    (found,) = evaluated().advice
    assert (found.cause, found.setting) == (Cause.WORKERS, "EMAIL_WORKER_COUNT")
    (found,) = evaluated(email_workers_max="10").advice
    assert found.setting == "EMAIL_WORKERS_MAX"


@pytest.mark.parametrize(
    ("order", "flags", "setting"),
    [
        (Order(), {"smtp_rate": "100/s"}, "SMTP_RATE"),
        (Order(), {"smtp_domain_rates": "example.net=100/s"}, "SMTP_DOMAIN_RATES"),
        (Order(), {"smtp_domain_rates": "*=100/s"}, "SMTP_DOMAIN_RATES"),
        (Order(to_relay=True), {}, "SMTP_RELAYS"),
        (Order(), {"smtp_domain_rates": "example.com=100/s"}, "EMAIL_WORKER_COUNT"),
        (
            Order(recipients=("a@example.com", "b@example.org")),
            {"smtp_domain_rates": "*=100/s"},
            "EMAIL_WORKER_COUNT",
        ),
        (Order(), {"smtp_rate": "1000/s"}, "EMAIL_WORKER_COUNT"),
    ],
)
def test_the_lowest_rate_that_all_mail_was_under_binds(
    order: Order, flags: dict[str, str], setting: str
) -> None:
    (found,) = evaluated(order, ENDS, **flags).advice
    assert found.setting == setting
