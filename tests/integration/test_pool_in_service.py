"""What the service makes of its pool: bounds in bytes, priorities, profiles."""

from __future__ import annotations

import re
import urllib.request
from typing import TYPE_CHECKING

from tests.support.mails import flat

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics


def metric(service: Service, name: str) -> float:
    """Of one time series without labels; 0 while it is not there."""
    with urllib.request.urlopen(f"{service.url}/metrics", timeout=5) as answer:
        found = re.search(rf"^mailer_pool_{name} (\S+)$", answer.read().decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_memory_is_bounded_by_bytes_while_the_relay_is_away_and_all_arrive_after(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    limit = 1_000_000
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.produce(topics.queue, [flat(number, text="x" * 40_000) for number in range(100)])
    relay.go()
    with services.to(
        relay.port,
        EMAIL_MAX_MEMORY=str(limit),
        EMAIL_MAX_BYTES="200KiB",
        EMAIL_WORKER_BUFFER="1000",
        SMTP_BREAKER="failures=3,reset=1s",
    ) as service:
        service.wait_for(
            lambda: service.health("/health/live") and metric(service, "bytes") > limit * 0.8,
            "the bytes are used",
        )
        assert metric(service, "bytes") <= limit
        assert kafka_tools.lag(topics.group, topics.queue) > 0
        relay.come()
        assert len(set(relay.wait_for(100, within=60))) == 100
        service.terminate()
        assert service.wait() == 0
    assert len(relay.recipients) == 100


def test_what_is_urgent_leaves_the_buffer_first(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(
        topics.queue,
        [
            *(flat(number, priority="low") for number in range(10)),
            *(flat(number) for number in range(10, 20)),
            *(flat(number, priority="high") for number in range(20, 30)),
        ],
    )
    relay.go()
    with services.to(
        relay.port, EMAIL_WORKER_COUNT="1", SMTP_BREAKER="failures=1,reset=2s"
    ) as service:
        service.wait_for(
            lambda: (
                service.health("/health/live")
                and metric(service, "queue_depth") + metric(service, "parked") == 30
            ),
            "all are in the buffer",
        )
        relay.come()
        arrived = [int(re.sub(r"\D", "", one)) for one in relay.wait_for(30)]
    ranks = {number: rank for rank, number in enumerate(arrived)}
    low, normal, high = (
        sorted(ranks[number] for number in range(first, first + 10)) for first in (0, 10, 20)
    )
    # One of a level may have met the absent relay, which sent it back to the tail for a while.
    assert high[8] < normal[1]
    assert normal[8] < low[1]


def test_a_profile_sets_the_workers_and_scales_them(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    with services.to(relay.port, EMAIL_PROFILE="constrained") as service:
        service.wait_ready()
        assert metric(service, "workers") == 1
        kafka_tools.produce(topics.queue, [flat(number) for number in range(500)])
        service.wait_for(lambda: metric(service, "workers") > 1, "it grows")
        relay.wait_for(500)
