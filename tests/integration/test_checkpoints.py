"""What a life of the service leaves in its commits, and what the next one makes of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.domain.record import Partition
from app.intake.checkpoint import MAX_CHARACTERS, Checkpoint, encode
from tests.support.checkpoints import checkpoint
from tests.support.kafka_tools import Committed
from tests.support.mails import flat, recipients

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

QUICK_BREAKER = {"SMTP_BREAKER": "failures=2,reset=1s", "SHUTDOWN_TIMEOUT": "1s"}


@pytest.fixture(autouse=True)
def _needs_apache(kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker keeps another limit of a commit's metadata")


@pytest.mark.parametrize(("policy", "offset"), [("submitted", 40), ("settled", 10)])
def test_what_an_absent_relay_leaves_unsettled_is_in_the_commit_and_delivered_by_the_next_start(
    policy: str,
    offset: int,
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    relay: RelayThread,
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, map(flat, range(10)))
    service = services.to(relay.port, KAFKA_COMMIT=policy, **QUICK_BREAKER)
    left = Checkpoint(40, tuple(range(10, 40)))
    with service:
        service.wait_for_events("email.delivered", 10)
        relay.go()
        kafka_tools.produce(topics.queue, map(flat, range(10, 40)))
        service.wait_for(lambda: checkpoint(kafka_tools, topics) == left, "all are taken up")
        service.terminate()
        assert service.wait() == 0
        assert left == checkpoint(kafka_tools, topics)
        assert offset == kafka_tools.committed(topics.group)[Partition(topics.queue, 0)].offset
        relay.come()
        service.start()
        relay.wait_for(40)
        service.wait_for(
            lambda: checkpoint(kafka_tools, topics) == Checkpoint(40), "all are settled"
        )
        service.terminate()
        assert service.wait() == 0
        assert recipients(range(40)) == sorted(relay.recipients, key=recipients(range(40)).index)
        # An operator's reset of the empty group, as kafka-consumer-groups does it.
        kafka_tools.commit(topics.group, {Partition(topics.queue, 0): Committed(37, "")})
        service.start()
        relay.wait_for(43)
        service.wait_for(
            lambda: checkpoint(kafka_tools, topics) == Checkpoint(40), "all are settled again"
        )
    assert recipients(range(37, 40)) == sorted(relay.recipients[40:])
    assert "the committed offset 37 was set by another tool" in service.output
    assert kafka_tools.read_all(topics.dlq) == []


def test_a_checkpoint_of_an_unknown_version_is_not_overwritten(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, map(flat, range(5)))
    at = Partition(topics.queue, 0)
    later = Committed(3, "kmcp2" + encode(3, 3, (1,))[5:])
    kafka_tools.commit(topics.group, {at: later})
    with services.to(relay.port) as service:
        assert service.wait() == 1
    assert "checkpoint version '2' is not known to this release" in service.output
    assert "--ignore-checkpoint" in service.output
    assert later == kafka_tools.committed(topics.group)[at]
    assert relay.recipients == []


def test_a_full_checkpoint_holds_back_what_follows_and_nothing_is_lost(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(number) for number in range(4200)])
    relay.go()
    service = services.to(
        relay.port, EMAIL_WORKER_BUFFER="6000", LOG_LEVEL="warning", **QUICK_BREAKER
    )
    at = Partition(topics.queue, 0)
    with service:
        service.wait_for(
            lambda: (
                (found := kafka_tools.committed(topics.group).get(at))
                and len(found.metadata) == MAX_CHARACTERS
            ),
            "the checkpoint is full",
        )
        full = checkpoint(kafka_tools, topics)
        assert full
        assert len(full.unsettled) == full.position < 4200
        service.terminate()
        assert service.wait() == 0
        assert full == checkpoint(kafka_tools, topics)
        relay.come()
        service.start()
        service.wait_for(
            lambda: checkpoint(kafka_tools, topics) == Checkpoint(4200), "all is settled", 60
        )
    assert Counter(recipients(range(4200))) == Counter(relay.recipients)
