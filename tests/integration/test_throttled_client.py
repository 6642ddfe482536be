"""A client that Kafka holds to quotas: the service goes on, slower, and does nothing twice."""

from __future__ import annotations

import socket
from collections import Counter
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.faults.usage import resident_mb
from tests.support.checkpoints import everything_settled
from tests.support.kafka_clients import group
from tests.support.mails import flat
from tests.support.quotas import quotas, use_up
from tests.support.relay_thread import RelayThread
from tests.support.waiting import run

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.services import Services
    from tests.support.topics import Topics

MAILS = 200
BYTES_A_SECOND = 10_000.0
PER_CENT_OF_A_THREAD = 2.0
WINDOW_S = 11  # over which Kafka takes the mean
MOST_GROWTH_MB = 30.0


@pytest.mark.alone  # whoever else has this client id on a shared broker is throttled too
def test_a_throttled_client_loses_nothing_and_repeats_nothing(
    services: Services, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker has no quotas")
    kafka_tools.create_topic(topics.queue, 2)
    other = f"{topics.prefix}-other"
    kafka_tools.create_topic(other)
    client_id = f"kafka-mailer-{socket.gethostname()}"[:100]
    with (
        RelayThread() as relay,
        services.to(relay.port) as service,
        quotas(
            kafka.brokers,
            client_id,
            producer_byte_rate=BYTES_A_SECOND,
            request_percentage=PER_CENT_OF_A_THREAD,
        ),
    ):
        service.wait_ready()
        assert {client_id} == run(group(kafka.brokers, topics.group)).client_ids
        # More than may be written at once: whatever the service writes has to wait from now on.
        size = int(BYTES_A_SECOND * (WINDOW_S + 2))
        assert use_up(kafka.brokers, client_id, other, size) > 0, "it is throttled"
        before = resident_mb(service.process.pid)
        kafka_tools.produce(topics.queue, map(flat, range(MAILS)))

        service.wait_for(lambda: everything_settled(kafka_tools, topics), "all is settled", 90)
        grown = resident_mb(service.process.pid) - before
        assert service.health() == 200
        service.terminate()
        assert service.wait() == 0
    everybody = {f"flat-{number}" for number in range(MAILS)}
    assert Counter(relay.recipients) == Counter(f"{one}@example.com" for one in everybody)
    results = kafka_tools.read_all(topics.results)
    assert Counter(orjson.loads(one.value or b"")["id"] for one in results) == Counter(everybody)
    assert grown < MOST_GROWTH_MB
    assert not [one for one in service.events if one["level"] in {"warning", "error"}]
