"""Logs that change while the service reads them, or while it is away."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from app.domain.record import Partition
from app.intake.checkpoint import Checkpoint, encode
from tests.support.checkpoints import checkpoint
from tests.support.kafka_tools import Committed, Produced
from tests.support.log_surgery import LogSurgery
from tests.support.mails import flat, recipients
from tests.support.topics import Topics
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service
    from tests.support.services import Services

QUICK_BREAKER = {"SMTP_BREAKER": "failures=2,reset=1s", "SHUTDOWN_TIMEOUT": "1s"}


@pytest.fixture(autouse=True)
def _needs_apache(kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker neither compacts nor deletes records nor adds partitions")


@pytest.fixture(scope="module")
def compacted(kafka: Broker, kafka_tools: KafkaTools) -> Iterator[Topics]:
    """A queue of records 0 to 11 in which 10 and 11 stand for 2 and 5, and a last record, 12.

    Kafka looks for what it may compact four times a minute: it does so during the other tests.
    """
    topics = Topics.unique()
    kafka_tools.create_topic(
        topics.queue,
        1,
        {"cleanup.policy": "compact", "segment.ms": "1000", "min.cleanable.dirty.ratio": "0.001"},
    )
    keys = [*range(10), 2, 5]
    an_hour_ago = round(time.time() * 1000) - 3_600_000
    kafka_tools.produce(
        topics.queue,
        [
            Produced(flat(number), key=str(key).encode(), timestamp_ms=an_hour_ago)
            for number, key in enumerate(keys)
        ],
    )
    # So much later that it begins a segment; the one before may be compacted.
    kafka_tools.produce(topics.queue, [Produced(flat(12), key=b"12")])
    yield topics
    kafka_tools.delete_topics_of(topics)


@pytest.fixture(autouse=True)
def _compacts_meanwhile(_needs_apache: None, compacted: Topics) -> None:
    """Begins with the first test of this file."""


@pytest.fixture
def surgery(kafka: Broker) -> LogSurgery:
    return LogSurgery(kafka.brokers)


@pytest.fixture
def service(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> Iterator[Service]:
    """It has delivered all there was, messages 0 to 19, of a single partition."""
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, map(flat, range(20)))
    with services.to(relay.port) as service:
        relay.wait_for(20)
        yield service


def test_a_topic_recreated_while_nobody_reads_is_read_from_its_start(
    service: Service,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
    surgery: LogSurgery,
) -> None:
    service.terminate()
    assert service.wait() == 0
    surgery.recreate(topics.queue)
    kafka_tools.produce(topics.queue, map(flat, range(20, 25)))
    service.start()
    relay.wait_for(25)
    service.wait_for(lambda: checkpoint(kafka_tools, topics) == Checkpoint(5), "all settled")
    assert recipients(range(20, 25)) == sorted(relay.recipients[20:])


def test_a_topic_recreated_while_it_is_read_is_read_from_its_start(
    service: Service,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
    surgery: LogSurgery,
) -> None:
    service.wait_for(lambda: checkpoint(kafka_tools, topics) == Checkpoint(20), "all settled")
    surgery.recreate(topics.queue)
    kafka_tools.produce(topics.queue, map(flat, range(20, 25)))
    relay.wait_for(25, within=60)
    service.wait_for(lambda: checkpoint(kafka_tools, topics) == Checkpoint(5), "all settled")
    service.terminate()
    assert service.wait() == 0
    assert recipients(range(20, 25)) == sorted(relay.recipients[20:])


def test_what_retention_takes_while_it_waits_is_named_and_the_rest_is_delivered(
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
    surgery: LogSurgery,
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    # More than the client fetches ahead, so that it has to ask for what is gone.
    kafka_tools.produce(topics.queue, [flat(n, text="x" * 50_000) for n in range(100)])
    relay.go()
    with services.to(
        relay.port, EMAIL_WORKER_BUFFER="2", EMAIL_WORKER_COUNT="2", **QUICK_BREAKER
    ) as service:
        service.wait_for(lambda: checkpoint(kafka_tools, topics), "it waits for the relay")
        surgery.delete_records({Partition(topics.queue, 0): 95})
        relay.come()
        service.wait_for(
            lambda: checkpoint(kafka_tools, topics) == Checkpoint(100), "all is settled"
        )
        service.terminate()
        assert service.wait() == 0
    arrived = Counter(relay.recipients)
    assert max(arrived.values()) == 1
    held = len(arrived) - 5  # what it held already was sent
    assert set(arrived) == set(recipients([*range(held), *range(95, 100)]))
    assert f"retention took the offsets {held} to 94 before they were read" in service.output


def test_partitions_added_while_it_runs_are_read_from_their_start(
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
    surgery: LogSurgery,
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    with services.to(relay.port, KAFKA_START="latest") as service:
        service.wait_ready()
        surgery.add_partitions(topics.queue, 4)
        kafka_tools.produce(topics.queue, map(flat, range(40)))
        relay.wait_for(40, within=60)
        service.terminate()
        assert service.wait() == 0
    assert set(recipients(range(40))) == set(relay.recipients)
    assert len(relay.recipients) == 40


def test_what_compaction_took_among_the_unsettled_is_named_and_the_rest_is_delivered(
    services: Services, kafka_tools: KafkaTools, compacted: Topics, relay: RelayThread
) -> None:
    topics = compacted
    wait_until(
        lambda: len(kafka_tools.read_all(topics.queue)) == 11, "Kafka has compacted the log", 60
    )
    left = Committed(12, encode(12, 12, range(12)))
    kafka_tools.commit(topics.group, {Partition(topics.queue, 0): left})
    with replace(services, topics=topics).to(relay.port) as service:
        relay.wait_for(11)
        service.wait_for(lambda: checkpoint(kafka_tools, topics) == Checkpoint(13), "all settled")
        assert service.metric("mailer_unsettled_gone_total") == 2
    assert set(recipients({*range(13)} - {2, 5})) == set(relay.recipients)
    assert len(relay.recipients) == 11
    for offset in (2, 5):
        assert (
            f"{topics.queue}/0: unsettled messages are no longer in the log, "
            f"1 of them: offsets {offset}" in service.output
        )
