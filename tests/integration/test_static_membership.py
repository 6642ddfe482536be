"""Members with an instance id: back at once after a restart, and one process to an id."""

from __future__ import annotations

import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.checkpoints import everything_settled
from tests.support.kafka_clients import group
from tests.support.mails import flat, recipients
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

SESSION_S = 10.0
MEMBER = {"KAFKA_INSTANCE_ID": "mailer-1"}


@pytest.fixture(autouse=True)
def _keeps_static_members(kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("static membership is Apache Kafka's")


@pytest.mark.alone
def test_a_killed_member_is_back_before_its_session_has_timed_out(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.produce(topics.queue, map(flat, range(50)))
    with services.to(relay.port, **MEMBER) as service:
        service.wait_for(lambda: len(relay.recipients) >= 10, "it is at work")
        service.kill()
        service.wait()
        killed_at = time.monotonic()
        service.start()
        wait_until(lambda: everything_settled(kafka_tools, topics), "all is settled", SESSION_S)
        took_s = time.monotonic() - killed_at
        assert set(relay.recipients) == set(recipients(range(50)))
        # Without an id the group waits for what is left of the dead member's session, 7 s or more.
        assert took_s < SESSION_S - 3.0
        service.terminate()
        assert service.wait() == 0


def test_a_stopped_member_keeps_its_partitions_and_goes_on_where_it_was(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.produce(topics.queue, map(flat, range(20)))
    with services.to(relay.port, **MEMBER) as service:
        relay.wait_for(20)
        service.terminate()
        assert service.wait() == 0
        kafka_tools.produce(topics.queue, map(flat, range(20, 40)))
        service.start()
        relay.wait_for(40)
        wait_until(lambda: everything_settled(kafka_tools, topics), "all is settled")
        service.terminate()
        assert service.wait() == 0
    assert Counter(relay.recipients) == Counter(recipients(range(40)))


def test_of_two_processes_with_one_id_the_elder_ends_and_nothing_is_lost(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.produce(topics.queue, map(flat, range(20)))
    elder, younger = (services.to(relay.port, name=name, **MEMBER) for name in ("elder", "younger"))
    with elder:
        elder.wait_ready()
        relay.wait_for(20)
        with younger:
            assert elder.wait() == 1
            assert "another process has joined group" in elder.output
            assert "KAFKA_INSTANCE_ID=mailer-1" in elder.output
            assert "Traceback" not in elder.output
            # Everything is the younger's now, with no checkpoint of the elder's over its own.
            kafka_tools.produce(topics.queue, map(flat, range(20, 40)))
            relay.wait_for(40)
            wait_until(lambda: everything_settled(kafka_tools, topics), "all is settled")
            assert younger.process.running
            younger.terminate()
            assert younger.wait() == 0
    assert set(relay.recipients) == set(recipients(range(40)))
    assert len(younger.named("email.delivered")) >= 20


@pytest.mark.timeout(120)
def test_a_member_that_was_frozen_beyond_its_session_joins_again(
    services: Services, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    with services.to(relay.port, **MEMBER) as service:
        service.wait_ready()
        service.process.send(signal.SIGSTOP)
        kafka_tools.produce(topics.queue, map(flat, range(10)))
        wait_until(
            lambda: run(group(kafka.brokers, topics.group)).state == "Empty",
            "it is given up",
            SESSION_S * 3,
        )
        service.process.send(signal.SIGCONT)
        relay.wait_for(10, within=30)
        service.terminate()
        assert service.wait() == 0
