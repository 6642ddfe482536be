"""What binds the service is told from figures, and which setting to change."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.cli.bench.advice import advise
from app.cli.bench.facts import Advice, Cause, Facts

# Ten workers behind a relay of 100 ms: nothing else is short.
WAITING = Facts(
    per_second=99,
    seconds=5.0,
    workers=10,
    busy=0.99,
    alone_s=0.1,
    processing_s=0.101,
    relay=0.98,
    unaccounted=0.01,
    cpu=0.06,
    machine=0.2,
    delivered=500,
    connections_most=10,
    opened=10,
    own_partitions=6,
)
# A relay that answers at once: the processor has all to do.
QUICK = replace(
    WAITING, per_second=2000, alone_s=0.001, processing_s=0.005, relay=0.6, cpu=0.97, machine=0.8
)
IDLE = replace(WAITING, busy=0.4, per_second=40)


def only(facts: Facts) -> Advice:
    (found,) = advise(facts)
    return found


@pytest.mark.parametrize(
    ("cause", "setting", "facts"),
    [
        (Cause.WORKERS, "EMAIL_WORKER_COUNT", WAITING),
        # The machine is full with others, and all the same the workers carry what they can.
        (Cause.WORKERS, "EMAIL_WORKER_COUNT", replace(WAITING, machine=1.0)),
        (Cause.PROCESSOR, None, QUICK),
        (Cause.PROCESSOR, None, replace(QUICK, machine=1.0)),
        (Cause.MACHINE, None, replace(QUICK, cpu=0.5, machine=1.0, per_second=1000)),
        (Cause.RATE, "SMTP_RATE", replace(IDLE, rate=("SMTP_RATE", 40))),
        (Cause.RELAY_LIMITED, "SMTP_RELAYS", replace(IDLE, limited=3)),
        (
            Cause.CONNECTIONS,
            "SMTP_RELAYS",
            replace(WAITING, connections_most=5, relay=0.5, unaccounted=0.49),
        ),
        (Cause.RELAY, "SMTP_RELAYS", replace(WAITING, processing_s=0.4, per_second=25)),
        (Cause.BUFFER, "EMAIL_WORKER_BUFFER", replace(IDLE, full=0.9, buffer=5)),
        (Cause.MEMORY, "EMAIL_MAX_MEMORY", replace(IDLE, full=0.9, memory=0.97)),
        (Cause.KAFKA, None, replace(IDLE, full=0.05)),
        (Cause.NOTHING, None, replace(IDLE, full=0.9, buffer=1000)),
    ],
)
def test_each_bound_is_told_with_what_changes_it(
    cause: Cause, setting: str | None, facts: Facts
) -> None:
    found = only(facts)
    assert (cause, setting) == (found.cause, found.setting)


def test_more_workers_are_as_many_as_the_processor_bears() -> None:
    """Four times as many where it is idle; at half a core, as many as bring it to 70 %."""
    assert "EMAIL_WORKER_COUNT=40" in only(WAITING).action
    assert "about 400 mails/s at 100 ms a mail" in only(WAITING).action
    assert "EMAIL_WORKER_COUNT=14" in only(replace(WAITING, cpu=0.5)).action
    assert "EMAIL_WORKER_COUNT=11" in only(replace(WAITING, cpu=0.8)).action


def test_connections_are_doubted_for_a_relay_of_somebody_else() -> None:
    assert "if the relay takes" not in only(WAITING).action
    assert "if the relay takes" in only(replace(WAITING, to_relay=True)).action


def test_a_rate_that_is_not_reached_binds_nothing() -> None:
    assert only(replace(WAITING, rate=("SMTP_RATE", 1000))).cause is Cause.WORKERS


def test_another_instance_needs_partitions() -> None:
    assert "6 partitions bear as many" in only(QUICK).action
    alone = only(replace(QUICK, own_partitions=1))
    assert "would get nothing" in alone.text
    assert "topics apply --partitions" in alone.action
    assert "partitions" not in only(replace(QUICK, own_partitions=None)).action


def test_what_spoils_the_figures_comes_before_what_binds() -> None:
    found = advise(
        replace(
            WAITING,
            seconds=0.4,
            delivered=400,
            others=100,
            reason="recipient: 550 5.1.1 No",
            opened=450,
        )
    )
    assert [Cause.UNDELIVERED, Cause.SHORT, Cause.RECONNECTING, Cause.WORKERS] == [
        each.cause for each in found
    ]
    assert "100 of 500 mails" in found[0].text
    assert "550 5.1.1 No" in found[0].text


def test_one_connection_for_each_worker_is_no_reconnecting() -> None:
    assert only(replace(WAITING, opened=10, delivered=50)).cause is Cause.WORKERS


def test_without_anything_measured_at_the_steady_rate_workers_are_not_advised() -> None:
    assert only(replace(WAITING, alone_s=0.0)).cause is Cause.RELAY
