"""Every issue of health comes up on a real service; those that no other test makes, here."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.ops.issues import Code
from tests.support.mails import flat
from tests.support.ports import free_port
from tests.support.service import Service
from tests.support.services import Services, without_servers
from tests.support.smtp_actions import Hang

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.topics import Topics

FOLDER = Path(__file__).parent
HERE = "test_issues.py"
MADE_IN = {
    Code.STARTING: HERE,
    Code.NOT_JOINED: HERE,
    Code.DRAINING: "test_operations.py",
    Code.PAUSED: "test_operations.py",
    Code.LOOP_STALLED: HERE,
    Code.KAFKA_AWAY: "test_faults_told.py",
    Code.KAFKA_DEGRADED: "test_faults_told.py",
    Code.READING: "test_kafka_rights.py",
    Code.CHECKPOINTS: "test_kafka_rights.py",
    Code.PUBLISHING: "test_kafka_rights.py",
    Code.RELAY_AWAY: "test_faults_told.py",
    Code.RELAYS_AWAY: "test_faults_told.py",
    Code.RESULTS_REFUSED: "test_kafka_rights.py",
    Code.SUPPRESSIONS_REFUSED: "test_kafka_rights.py",
    Code.SUPPRESSIONS_STALE: "test_kafka_rights.py",
    Code.SHARED_STORE: "test_deduplication.py",
    Code.RULES_REFUSED: "test_staging.py",
    Code.STAGING: "test_staging.py",
    Code.TEMPLATE_BROKEN: "test_templates.py",
    Code.JOBS_STUCK: HERE,
    Code.MANY_DEAD: "test_faults_told.py",
    Code.MANY_RETRIES: "test_faults_told.py",
}


class Stalling(Service):
    """Hangs on demand, see tests/support/stalling.py."""

    module = "tests.support.stalling"


@pytest.mark.parametrize("code", [each for each in Code if each is not Code.OTHER])
def test_each_issue_is_made_somewhere(code: Code) -> None:
    """No part of the service lacks a code of its own, so that OTHER is for parts to come."""
    assert f'"{code}"' in (FOLDER / MADE_IN[code]).read_text(encoding="utf-8")


def test_a_service_without_kafka_is_starting(tmp_path: Path) -> None:
    with without_servers(tmp_path) as service:
        service.wait_for(lambda: service.health() == 503, "it answers")
        assert service.issues().keys() == {"starting"}
        assert service.health("/health/live") == 200


@pytest.mark.usefixtures("forgets_the_dead")
def test_a_service_whose_group_waits_for_a_frozen_member_has_not_joined(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    first, second = (services.to(relay.port, name=name) for name in ("first", "second"))
    with first:
        first.wait_ready()
        first.process.send(signal.SIGSTOP)
        with second:
            second.wait_for(lambda: second.health() == 503, "it answers")
            second.wait_for(
                lambda: second.issues().keys() == {"not_joined"}, "it waits for the group"
            )
            first.process.send(signal.SIGCONT)
            second.wait_ready()


def test_a_mail_that_gets_no_reply_is_stuck(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    relay.server.on("DOT", Hang())
    with services.to(relay.port, EMAIL_JOB_TIMEOUT="500ms", SHUTDOWN_TIMEOUT="1s") as service:
        service.wait_ready()
        kafka_tools.produce(topics.queue, [flat(1), flat(2)])
        relay.wait_for(1)
        service.wait_for(lambda: "jobs_stuck" in service.issues(), "health tells of it")
        assert service.health() == 200


def test_a_loop_that_stands_still_is_told_and_ends_the_process(
    tmp_path: Path, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    service = Stalling.on(tmp_path, brokers=kafka.brokers, topics=topics, smtp_port=free_port())
    with service:
        service.wait_ready()
        (tmp_path / "hang").touch()
        service.wait_for(lambda: "loop_stalled" in service.issues(), "health tells of it")
        assert service.health("/health/live") == 503
        assert service.wait(30) == 1
    assert "reading the queue has not turned for" in service.output
