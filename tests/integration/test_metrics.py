"""The service's metrics, dashboards and alerts before a real Prometheus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from app.telemetry.metrics import CATALOGUE, intake, mail
from app.telemetry.metrics import relay as relaying
from app.telemetry.metrics import service as whole
from app.telemetry.metrics.pool import POOL
from tests.support.mails import flat
from tests.support.operator import TOKEN, Operator
from tests.support.prometheus import Prometheus
from tests.support.smtp_actions import Say
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kafka_tools import KafkaTools
    from tests.support.promtool import Promtool
    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics

PROJECT = Path(__file__).parents[2]
RULES = PROJECT / "deploy/prometheus/alerts.yml"
# What takes a fault of its own, and the test that makes it.
ELSEWHERE = {
    **dict.fromkeys(POOL, "tests/unit/telemetry/test_pool_metrics.py"),
    whole.MEMORY_LIMIT: "tests/unit/bootstrap/test_service_metrics.py",
    intake.GONE: "tests/integration/test_changing_logs.py",
    intake.CHECKPOINT_OVERDUE: "tests/unit/bootstrap/test_service_metrics.py",
    mail.OVERDUE: "tests/unit/bootstrap/test_service_metrics.py",
    mail.PENDING: "tests/unit/bootstrap/test_service_metrics.py",
    mail.PENDING_BYTES: "tests/unit/bootstrap/test_service_metrics.py",
    mail.RESULTS_REFUSED: "tests/integration/test_publishing.py",
    mail.RULE_MATCHES: "tests/unit/bootstrap/test_reply_rules.py",
    relaying.BUSY: "tests/unit/bootstrap/test_service_metrics.py",
    relaying.WAITING: "tests/unit/bootstrap/test_service_metrics.py",
    relaying.LIMITED: "tests/unit/bootstrap/test_service_metrics.py",
    relaying.LIMIT: "tests/unit/bootstrap/test_service_metrics.py",
    relaying.HANDSHAKES: "tests/unit/relay/test_observer.py",
    mail.SUPPRESSIONS_REFUSED: "tests/integration/test_suppressions.py",
}


@pytest.fixture
def service(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> Iterator[Service]:
    kafka_tools.create_topic(topics.queue, 2)
    with services.to(
        relay.port, OPS_TOKEN=TOKEN, RETRY_DELAYS="2s", EMAIL_WORKER_BUFFER="5"
    ) as service:
        yield service.wait_ready()


class Seen:
    """Names of all series of ours that were more than zero at some time."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self.names: set[str] = set()

    def look(self) -> str:
        text = self._operator.call("GET", "/metrics").text
        for line in text.splitlines():
            series, _, value = line.rpartition(" ")
            if series.startswith("mailer_") and float(value) > 0:
                self.names.add(series.partition("{")[0])
        return text

    def missing(self) -> set[str]:
        return {
            name
            for section in CATALOGUE.values()
            for each in section
            if not self.names & {name := f"mailer_{each.series}", f"{name}_count"}
            if each not in ELSEWHERE
        }


def _live_it_up(
    seen: Seen,
    operator: Operator,
    relay: RelayThread,
    kafka_tools: KafkaTools,
    topics: Topics,
) -> None:
    """Mail that waits, is delivered, tried again, refused and suppressed."""
    operator.told("POST", "/admin/pause")
    kafka_tools.produce(topics.queue, [flat(number, type="receipt") for number in range(40)])
    wait_until(lambda: "mailer_intake_pauses_total" in (seen.look(), seen.names)[1], "it is full")
    relay.server.on("RCPT", Say("550 5.1.1 unknown"), Say("451 4.2.0 later"))
    words = {"subject": "Hello", "body": "Hello Ann"}
    templated = {"id": "t", "to": "ann@example.com", "template": "plain", "data": words}
    kafka_tools.produce(topics.queue, [templated])
    operator.told("POST", "/admin/resume")
    relay.wait_for(39)
    relay.go()
    kafka_tools.produce(topics.queue, [flat(number) for number in range(41, 45)])
    wait_until(lambda: "mailer_relay_trouble_total" in (seen.look(), seen.names)[1], "it is away")
    relay.come()
    wait_until(
        lambda: (seen.look(), not seen.missing())[1], f"all are seen but {seen.missing()}", 20
    )


def test_every_metric_tells_something(
    service: Service,
    relay: RelayThread,
    kafka_tools: KafkaTools,
    topics: Topics,
    promtool: Promtool,
) -> None:
    with Operator(service) as operator:
        seen = Seen(operator)
        try:
            _live_it_up(seen, operator, relay, kafka_tools, topics)
        finally:
            assert set() == seen.missing()
        text = seen.look()
    headers = {"accept": "application/openmetrics-text"}
    openmetrics = httpx.get(f"{service.url}/metrics", headers=headers, trust_env=False).text
    parsed = text_string_to_metric_families(openmetrics)  # type: ignore[no-untyped-call]
    families = {family.name for family in parsed}
    assert {"mailer_outcomes", "process_cpu_seconds", "python_gc_collections"} <= families
    assert "" == promtool.check_metrics(text)
    assert "@" not in text


def test_what_is_seen_elsewhere_is_seen_there() -> None:
    for each, path in ELSEWHERE.items():
        if each not in POOL:
            text = (PROJECT / path).read_text(encoding="utf-8")
            assert each.series in text, (each.name, path)


@pytest.mark.usefixtures("prometheus_installed")
def test_prometheus_answers_every_query_of_the_dashboards_and_raises_and_clears_an_alert(
    tmp_path: Path,
    service: Service,
    relay: RelayThread,
    kafka_tools: KafkaTools,
    topics: Topics,
) -> None:
    kafka_tools.produce(topics.queue, [flat(number) for number in range(10)])
    relay.wait_for(10)
    with Prometheus(tmp_path / "prometheus", service.ops_port, RULES) as prometheus:
        wait_until(
            lambda: prometheus.query("count_over_time(mailer_info[1m]) > 2"), "it is scraped", 20
        )
        for path in sorted((PROJECT / "deploy/grafana").glob("*.json")):
            unanswered = [
                expression
                for expression in _queries(path)
                if not prometheus.query(expression) and not _may_be_empty(expression)
            ]
            assert [] == unanswered, path.name
        assert prometheus.alerts() == set()

        relay.go()
        kafka_tools.produce(topics.queue, [flat(number) for number in range(10, 20)])
        wait_until(lambda: "MailerAllRelaysAway" in prometheus.alerts(), "it is pending", 15)
        assert {"MailerAllRelaysAway", "MailerNotReady"} >= prometheus.alerts()
        relay.come()
        wait_until(lambda: not prometheus.alerts(), "it is over", 30)


def _queries(path: Path) -> list[str]:
    """As Grafana would ask them, for all instances."""
    return [
        re.sub(r"\$(job|instance)", ".*", target["expr"]).replace("$__rate_interval", "20s")
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]
        for target in panel.get("targets", [])
    ]


def _may_be_empty(expression: str) -> bool:
    """Nothing is shown before the first of its kind, or while nothing is wrong."""
    kinds = (
        "issue",
        "rejected",
        "breaker_changes",
        "retries_total",
        "rule_matches",
        "relay_limit{",
        "memory_limit",
    )
    return any(kind in expression for kind in kinds)
