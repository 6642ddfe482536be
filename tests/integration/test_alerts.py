"""Each alert fires on the series that a fault makes; all are quiet on those of a healthy day."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from tests.support.promtool import Promtool

PROJECT = Path(__file__).parents[2]
RULES = PROJECT / "deploy/prometheus/alerts.yml"
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
INSTANCE = 'job="mailer", instance="10.0.0.5:8081"'
# Five quarters of an hour at two samples a minute.
SAMPLES = 150


def steady(value: float) -> str:
    return f"{value}+0x{SAMPLES}"


def growing(step: float) -> str:
    return f"0+{step}x{SAMPLES}"


def at_the_end(quiet: int, step: float) -> str:
    """Nothing for so many samples, then growing."""
    return f"0+0x{quiet} 0+{step}x{SAMPLES - quiet}"


def series(name: str, **labels: str) -> str:
    told = "".join(f', {key}="{value}"' for key, value in labels.items())
    return f"{name}{{{INSTANCE}{told}}}"


def issue(code: str) -> str:
    return series("mailer_issue", code=code, severity="warning")


def relay(status: str) -> str:
    return series("mailer_relay_status", relay="mail:587", status=status)


def lag(what: str) -> str:
    return series(f"mailer_intake_{what}", topic="email-queue", partition="0")


HEALTHY = {
    series("up"): steady(1),
    series("mailer_ready"): steady(1),
    series("mailer_phase", phase="running"): steady(1),
    series("mailer_phase", phase="paused"): steady(0),
    series("mailer_phase", phase="draining"): steady(0),
    series("process_start_time_seconds"): steady(1_700_000_000),
    series("process_resident_memory_bytes"): steady(90_000_000),
    series("mailer_memory_limit_bytes"): steady(134_217_728),
    series("mailer_loop_lag_seconds_count"): growing(60),
    series("mailer_loop_lag_seconds_bucket", le="1.0"): growing(60),
    series("mailer_intake_checkpoint_overdue", reader="queue"): steady(0),
    lag("lag_seconds"): "0 3 1 0 40 0" + " 2" * (SAMPLES - 5),
    lag("lag_records"): steady(20),
    lag("oldest_unsettled_seconds"): steady(5),
    series("mailer_unsettled_gone_total"): steady(0),
    series("mailer_pool_utilisation"): steady(0.6),
    series("mailer_last_outcomes", fate="delivered"): steady(94),
    series("mailer_last_outcomes", fate="bounced"): steady(5),
    series("mailer_last_outcomes", fate="dead"): steady(1),
    # Every day some addresses do not exist any more.
    series("mailer_dead_letters_total", kind="recipient"): growing(0.5),
    series("mailer_dead_letters_total", kind="content"): steady(3),
    series("mailer_retry_waiting", topic="email-queue-retry-5m"): steady(150),
    series("mailer_retry_overdue_seconds", topic="email-queue-retry-5m"): steady(2),
    series("mailer_results_refused_total"): steady(1),
    relay("closed"): steady(1),
    relay("open"): steady(0),
    relay("half-open"): steady(0),
    relay("resting"): steady(0),
    series("mailer_relay_trouble_total", relay="mail:587", reason="auth"): steady(2),
    **{
        issue(code): steady(0)
        for code in (
            *("kafka_away", "reading", "publishing", "checkpoints", "relay_away", "relays_away"),
            *("kafka_degraded", "many_dead", "many_retries"),
            *("jobs_stuck", "suppressions_stale", "suppressions_refused", "shared_store"),
        )
    },
}


class Fault(NamedTuple):
    """What differs from a healthy day, and which alerts fire then; None takes a series away."""

    differs: dict[str, str | None]
    alerts: set[str]


FAULTS = {
    "an instance answers no more": Fault({series("up"): steady(0)}, {"MailerDown"}),
    "no instance is there": Fault(dict.fromkeys(HEALTHY), {"MailerDown"}),
    "no mail flows": Fault({series("mailer_ready"): steady(0)}, {"MailerNotReady"}),
    "an operator has paused and forgotten it": Fault(
        {series("mailer_ready"): steady(0), series("mailer_phase", phase="paused"): steady(1)},
        {"MailerPausedForLong"},
    ),
    "it ends and begins again": Fault(
        {series("process_start_time_seconds"): f"1700000000+30x{SAMPLES}"}, {"MailerRestarts"}
    ),
    "the loop stands still": Fault(
        {series("mailer_loop_lag_seconds_bucket", le="1.0"): growing(58)}, {"MailerLoopBlocked"}
    ),
    "memory runs out": Fault(
        {series("process_resident_memory_bytes"): steady(125_000_000)}, {"MailerMemory"}
    ),
    "the brokers are away": Fault({issue("kafka_away"): steady(1)}, {"MailerKafkaTrouble"}),
    "outcomes cannot be written": Fault({issue("publishing"): steady(1)}, {"MailerKafkaTrouble"}),
    "a broker is away": Fault({issue("kafka_degraded"): steady(1)}, {"MailerKafkaDegraded"}),
    "checkpoints are late": Fault(
        {series("mailer_intake_checkpoint_overdue", reader="queue"): steady(1)},
        {"MailerCheckpointOverdue"},
    ),
    "mail comes faster than it goes": Fault({lag("lag_seconds"): growing(8)}, {"MailerQueueOld"}),
    "what was long ago is caught up with": Fault({lag("lag_seconds"): f"9000-15x{SAMPLES}"}, set()),
    "a message is held for ever": Fault(
        {lag("oldest_unsettled_seconds"): growing(30)}, {"MailerUnsettledOld"}
    ),
    "retention was too short": Fault(
        {series("mailer_unsettled_gone_total"): at_the_end(130, 1)}, {"MailerMessagesGone"}
    ),
    "there are too few workers": Fault(
        {series("mailer_pool_utilisation"): steady(1)}, {"MailerPoolSaturated"}
    ),
    "workers are busy with nothing waiting": Fault(
        {series("mailer_pool_utilisation"): steady(1), lag("lag_records"): steady(0)}, set()
    ),
    "mails do not end": Fault({issue("jobs_stuck"): steady(1)}, {"MailerJobsStuck"}),
    "all relays are away, and mail waits for them": Fault(
        {
            issue("relays_away"): steady(1),
            relay("open"): steady(1),
            lag("oldest_unsettled_seconds"): growing(30),
        },
        {"MailerAllRelaysAway"},
    ),
    "one relay is away": Fault({relay("open"): steady(1)}, {"MailerRelayAway"}),
    "a password is wrong": Fault(
        {
            relay("open"): steady(1),
            series("mailer_relay_trouble_total", relay="mail:587", reason="auth"): growing(0.25),
        },
        {"MailerRelayAway", "MailerRelayAuth"},
    ),
    "a password was wrong": Fault(
        {series("mailer_relay_trouble_total", relay="mail:587", reason="auth"): growing(0.25)},
        set(),
    ),
    "a list of addresses is bad": Fault(
        {
            series("mailer_last_outcomes", fate="delivered"): steady(79),
            series("mailer_last_outcomes", fate="bounced"): steady(21),
        },
        {"MailerManyDead"},
    ),
    "a list was bad long ago": Fault(
        {
            series("mailer_last_outcomes", fate="delivered"): steady(79),
            series("mailer_last_outcomes", fate="bounced"): steady(21),
            series("mailer_dead_letters_total", kind="recipient"): steady(90),
        },
        set(),
    ),
    "exactly a fifth is bad": Fault(
        {
            series("mailer_last_outcomes", fate="delivered"): steady(80),
            series("mailer_last_outcomes", fate="bounced"): steady(19),
        },
        set(),
    ),
    "a producer writes what cannot be sent": Fault(
        {series("mailer_dead_letters_total", kind="content"): at_the_end(140, 1)},
        {"MailerDeadLetters"},
    ),
    "a fifth of the attempts fail": Fault(
        {issue("many_retries"): steady(1)}, {"MailerManyRetries"}
    ),
    "more and more is tried again": Fault(
        {series("mailer_retry_waiting", topic="email-queue-retry-5m"): at_the_end(100, 40)},
        {"MailerRetriesGrow"},
    ),
    "what is due is not tried again": Fault(
        {series("mailer_retry_overdue_seconds", topic="email-queue-retry-5m"): growing(30)},
        {"MailerRetriesLate"},
    ),
    "results are refused": Fault(
        {series("mailer_results_refused_total"): at_the_end(140, 1)}, {"MailerResultsRefused"}
    ),
    "suppressions are not followed": Fault(
        {issue("suppressions_stale"): steady(1)}, {"MailerMemoryLost"}
    ),
}


def _test(name: str, fault: Fault) -> dict[str, Any]:
    shown = {**HEALTHY, **fault.differs}
    return {
        "name": name,
        "interval": "30s",
        "input_series": [
            {"series": key, "values": values} for key, values in shown.items() if values is not None
        ],
        "promql_expr_test": [
            {
                "expr": 'group by (alertname) (ALERTS{alertstate="firing"})',
                "eval_time": "74m",
                "exp_samples": [
                    {"labels": f'{{alertname="{alert}"}}', "value": 1} for alert in fault.alerts
                ],
            }
        ],
    }


def test_prometheus_takes_the_rules_and_the_configuration(promtool: Promtool) -> None:
    promtool.check_rules(RULES)
    promtool.check_config(RULES.with_name("prometheus.yml"))


def test_all_are_quiet_on_a_healthy_day(promtool: Promtool, tmp_path: Path) -> None:
    promtool.test_rules(RULES, [_test("healthy", Fault({}, set()))], tmp_path)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_fires_its_alert_alone(promtool: Promtool, tmp_path: Path, name: str) -> None:
    promtool.test_rules(RULES, [_test(name, FAULTS[name])], tmp_path)


def test_each_alert_is_made_to_fire() -> None:
    assert set(ALERTS) == {alert for fault in FAULTS.values() for alert in fault.alerts}


def test_each_alert_says_where_its_runbook_is() -> None:
    handbook = (PROJECT / "docs/operations.md").read_text(encoding="utf-8")
    named = re.findall(r"runbook: docs/operations\.md#(\w+)", RULES.read_text(encoding="utf-8"))
    assert [alert.lower() for alert in ALERTS] == named
    sections = re.findall(r"^### (Mailer\w+)$", handbook, re.MULTILINE)
    assert ALERTS == sections
