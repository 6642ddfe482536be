"""Where a new group begins: decided once, for the whole queue."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from app.domain.record import Partition
from app.intake.checkpoint import Checkpoint, decode
from tests.support.kafka_tools import Produced
from tests.support.mails import flat, recipients

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

HOUR_MS = 3_600_000


def test_latest_is_decided_once_for_all_instances_and_holds_over_restarts(
    services: Services, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    if not kafka.is_apache:
        pytest.skip("two members that join at once sometimes hang on the embedded broker")
    kafka_tools.create_topic(topics.queue, 4)
    kafka_tools.produce(topics.queue, map(flat, range(40)))
    first, second = (
        services.to(relay.port, name=name, KAFKA_START="latest") for name in ("first", "second")
    )
    with first, second:
        first.wait_for(lambda: len(kafka_tools.committed(topics.group)) == 4, "the start is chosen")
        chosen = kafka_tools.committed(topics.group)
        assert {at: one.offset for at, one in chosen.items()} == kafka_tools.ends(topics.queue)
        kafka_tools.produce(topics.queue, map(flat, range(40, 80)))
        relay.wait_for(40)
        for service in (first, second):
            service.wait_ready()
            service.terminate()
            assert service.wait() == 0
        # What came while nobody ran is not skipped by a later start.
        kafka_tools.produce(topics.queue, map(flat, range(80, 90)))
        first.start()
        relay.wait_for(50)
        first.terminate()
        assert first.wait() == 0
    assert sorted(recipients(range(40, 90))) == sorted(relay.recipients)
    said = "starts at latest: 0 records are in the log"
    assert said in first.output + second.output


def test_a_duration_begins_that_far_back_in_every_partition(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 3)
    now = round(time.time() * 1000)
    ages_h = (5, 3, 1, 0)
    kafka_tools.produce(
        topics.queue,
        [
            Produced(flat(10 * number + age), partition=number, timestamp_ms=now - age * HOUR_MS)
            for number in (0, 1)
            for age in ages_h
        ]
        # Nothing in this partition is as young as asked for: it begins at its end.
        + [Produced(flat(25), partition=2, timestamp_ms=now - 5 * HOUR_MS)],
    )
    with services.to(relay.port, KAFKA_START="2h") as service:
        relay.wait_for(4)
        service.wait_for(
            lambda: (
                {
                    at: decode(one.metadata, one.offset)
                    for at, one in kafka_tools.committed(topics.group).items()
                }
                == {
                    Partition(topics.queue, 0): Checkpoint(4),
                    Partition(topics.queue, 1): Checkpoint(4),
                    Partition(topics.queue, 2): Checkpoint(1),
                }
            ),
            "all is settled",
        )
        service.terminate()
        assert service.wait() == 0
    assert sorted(recipients((0, 1, 10, 11))) == sorted(relay.recipients)
    assert "4 records are in the log" in service.output


def test_start_says_nothing_about_a_group_that_has_begun(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    with services.to(relay.port, KAFKA_START="earliest") as service:
        service.wait_for(lambda: len(kafka_tools.committed(topics.group)) == 2, "it has begun")
        service.terminate()
        assert service.wait() == 0
        kafka_tools.produce(topics.queue, map(flat, range(10)))
        service.env["KAFKA_START"] = "latest"
        service.start()
        relay.wait_for(10)
    assert sorted(recipients(range(10))) == sorted(relay.recipients)
