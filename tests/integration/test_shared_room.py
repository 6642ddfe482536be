"""The queue and the tiers share a pool that is full all the time; neither waits for the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.relay_thread import RelayThread
from tests.support.service import Service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics

EACH = 600
HOUR_AGO = round(time.time() * 1000) - 3_600_000
TIERS = ("1s", "2s")


@pytest.mark.timeout(180)
def test_due_mail_of_every_tier_and_new_mail_come_through_in_equal_measure(
    tmp_path: Path, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    """Before the first is through, at least a quarter of each other one was sent."""
    kinds = {topics.queue: "new", **{f"{topics.queue}-retry-{one}": one for one in TIERS}}
    for topic, kind in kinds.items():
        kafka_tools.create_topic(topic, 1)
        kafka_tools.produce(
            topic,
            # Appended an hour ago: due.
            [
                Produced(flat(number, to=f"{kind}-{number}@example.com"), timestamp_ms=HOUR_AGO)
                for number in range(EACH)
            ],
        )
    with RelayThread() as relay:
        service = Service.on(
            tmp_path,
            brokers=kafka.brokers,
            topics=topics,
            smtp_port=relay.port,
            env={
                "RETRY_DELAYS": ",".join(TIERS),
                "EMAIL_WORKER_COUNT": "2",
                "EMAIL_WORKER_BUFFER": "8",
            },
        )
        with service:
            sent = relay.wait_for(EACH * len(kinds), within=90)
            service.terminate()
            assert service.wait() == 0
    order = [one.partition("-")[0] for one in sent]
    first_through = min(
        max(at for at, kind in enumerate(order) if kind == meant) for meant in kinds.values()
    )
    shares = {kind: order[:first_through].count(kind) for kind in kinds.values()}
    assert min(shares.values()) >= EACH / 4, shares
