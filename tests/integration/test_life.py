"""Starting without servers, ending by signals, and waiting for a relay."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from tests.support.forwarder import Forwarder
from tests.support.mails import flat
from tests.support.ports import free_port
from tests.support.services import Services, without_servers

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.topics import Topics


def test_an_absent_kafka_is_waited_for_aloud_and_ends_with_3(tmp_path: Path) -> None:
    with without_servers(tmp_path, KAFKA_START_TIMEOUT="6s") as service:
        service.wait_for(lambda: "waiting for Kafka" in service.output, "it says that it waits", 20)
        assert service.health("/health/live") == 200
        assert service.health("/health/ready") == 503
        assert service.wait(20) == 3
    assert "did not answer within 6 s" in service.output
    assert "Traceback" not in service.output


def test_sigterm_while_waiting_for_kafka_ends_at_once_with_0(tmp_path: Path) -> None:
    with without_servers(tmp_path) as service:
        service.wait_for(lambda: service.health("/health/live") == 200, "it lives")
        service.terminate()
        assert service.wait(20) == 0


def test_a_taken_health_port_is_a_clear_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with without_servers(tmp_path, OPS_PORT=str(port)) as service:
            assert service.wait(20) == 1
    assert f"cannot serve health on 127.0.0.1:{port}" in service.output
    assert "Traceback" not in service.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("KAFKA_BROKERS", "localhost:port"),
        ("KAFKA_TOPIC", "a topic"),
        ("KAFKA_COMMIT", "sometimes"),
        ("EMAIL_WORKER_COUNT", "0"),
        ("EMAIL_WORKER_BUFFER", "many"),
        ("EMAIL_MAX_MEMORY", "1 elephant"),
        ("SMTP_PORT", "70000"),
        ("SMTP_SECURITY", "maybe"),
        ("RETRY_DELAYS", "30s,soon"),
        ("SMTP_DOMAIN_RATES", "example.com=fast"),
    ],
)
def test_a_wrong_setting_ends_with_2_and_names_variable_and_value(
    tmp_path: Path, variable: str, value: str
) -> None:
    with without_servers(tmp_path, **{variable: value}) as service:
        assert service.wait(20) == 2
    assert variable in service.output
    assert "Traceback" not in service.output
    assert value in service.output
    assert "allowed" in service.output


def test_all_wrong_settings_are_named_at_once_and_secrets_are_not_shown(tmp_path: Path) -> None:
    with without_servers(
        tmp_path, SMTP_PORT="x", RETRY_JITTER="7", SMTP_PASSWORD="s3cret", LOG_LEVEL="loud"
    ) as service:
        assert service.wait(20) == 2
    for variable in ("SMTP_PORT", "RETRY_JITTER", "LOG_LEVEL"):
        assert variable in service.output
    assert "s3cret" not in service.output


@pytest.mark.timeout(120)
def test_mail_waits_for_an_absent_relay_and_burns_no_attempt(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.produce(topics.queue, [flat(number) for number in range(300)])
    port = free_port()
    with services.to(port, RETRY_DELAYS="1s", SMTP_BREAKER="failures=3,reset=1s") as service:
        service.wait_for(lambda: service.health() == 503, "it is not ready")
        service.wait_for(lambda: "is left alone" in service.output, "the breaker opened")
        assert kafka_tools.lag(topics.group, topics.queue) > 0
        with Forwarder(port, postfix.port):
            postfix.wait_for(300, within=60)
            service.wait_for(
                lambda: sum(kafka_tools.ends(topics.results).values()) >= 300, "all results"
            )
            assert service.health() == 200
            service.terminate()
            assert service.wait() == 0
    assert kafka_tools.read_all(topics.dlq) == []
    assert {one["attempt"] for one in service.named("email.delivered")} == {1}
    assert service.named("email.retrying") == []


@pytest.mark.timeout(120)
def test_a_relay_that_never_greets_burns_no_attempt_either(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(number, max_retries=0) for number in range(20)])
    port = free_port()
    with services.to(
        port, RETRY_DELAYS="1s", EMAIL_JOB_TIMEOUT="1s", SMTP_TIMEOUTS="greeting=4s"
    ) as service:
        with socket.create_server(("127.0.0.1", port)):
            service.wait_for(
                lambda: sum(kafka_tools.ends(topics.results).values()) >= 10, "jobs were cut", 60
            )
        with Forwarder(port, postfix.port):
            postfix.wait_for(20, within=60)
            service.wait_for_events("email.delivered", 20)
        service.terminate()
        assert service.wait() == 0
    assert kafka_tools.read_all(topics.dlq) == []
    assert {one["attempt"] for one in service.named("email.delivered")} == {1}


@pytest.mark.timeout(120)
def test_a_second_signal_cuts_what_hangs_and_nothing_is_lost(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(number) for number in range(20)])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        service = services.to(silent.getsockname()[1], SHUTDOWN_TIMEOUT="60s")
        with service:
            silent.settimeout(30)
            connection, _ = silent.accept()
            service.terminate()
            service.wait_for(lambda: "draining" in service.output, "it drains")
            service.terminate()
            assert service.wait(20) == 130
            connection.close()
            service.env["SMTP_PORT"] = str(postfix.port)
            service.start()
            postfix.wait_for(20, within=40)
            service.terminate()
            assert service.wait() == 0
    assert postfix.count() == 20
