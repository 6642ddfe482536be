"""A client that Kafka holds to quotas: the service goes on, slower, and does nothing twice."""

from __future__ import annotations

import socket
import time
from collections import Counter
from typing import TYPE_CHECKING

import orjson
import pytest

from app.intake.checkpoint import Checkpoint
from tests.faults.usage import resident_mb
from tests.support.checkpoints import checkpoint
from tests.support.mails import flat
from tests.support.quotas import quotas
from tests.support.relay_thread import RelayThread
from tests.support.service import Service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics

MAILS = 400
BYTES_A_SECOND = 10_000.0
PER_CENT_OF_A_THREAD = 2.0
LEAST_S = 5.0
MOST_GROWTH_MB = 30.0


@pytest.mark.alone  # whoever else has this client id on a shared broker is throttled too
def test_a_throttled_client_loses_nothing_and_repeats_nothing(
    tmp_path: Path, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker has no quotas")
    kafka_tools.create_topic(topics.queue, 2)
    client_id = f"kafka-mailer-{socket.gethostname()}"[:100]
    with (
        RelayThread() as relay,
        Service.on(tmp_path, brokers=kafka.brokers, topics=topics, smtp_port=relay.port) as service,
        quotas(
            kafka.brokers,
            client_id,
            producer_byte_rate=BYTES_A_SECOND,
            request_percentage=PER_CENT_OF_A_THREAD,
        ),
    ):
        service.wait_ready()
        before = resident_mb(service.process.pid)
        began = time.monotonic()
        kafka_tools.produce(topics.queue, map(flat, range(MAILS)))

        def settled() -> bool:
            found = [checkpoint(kafka_tools, topics, number) for number in range(2)]
            done = [one for one in found if one and one == Checkpoint(one.position)]
            return sum(one.position for one in done) == MAILS

        service.wait_for(settled, "all is settled", 60)
        took = time.monotonic() - began
        grown = resident_mb(service.process.pid) - before
        assert service.health() == 200
        service.terminate()
        assert service.wait() == 0
    everybody = {f"flat-{number}" for number in range(MAILS)}
    assert Counter(relay.recipients) == Counter(f"{one}@example.com" for one in everybody)
    results = kafka_tools.read_all(topics.results)
    assert Counter(orjson.loads(one.value or b"")["id"] for one in results) == Counter(everybody)
    assert took > LEAST_S, "it was throttled"
    assert grown < MOST_GROWTH_MB
    assert not [one for one in service.events if one["level"] in {"warning", "error"}]
