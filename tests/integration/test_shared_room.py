"""The queue and the tiers share a pool that is full all the time; neither waits for the other."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.support.kafka_tools import Produced
from tests.support.mails import flat

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

EACH = 600
HOUR_AGO = round(time.time() * 1000) - 3_600_000
TIERS = ("1s", "2s")


@pytest.mark.timeout(180)
def test_due_mail_of_every_tier_and_new_mail_come_through_in_equal_measure(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
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
    with services.to(
        relay.port,
        RETRY_DELAYS=",".join(TIERS),
        EMAIL_WORKER_COUNT="2",
        EMAIL_WORKER_BUFFER="8",
    ) as service:
        sent = relay.wait_for(EACH * len(kinds), within=90)
        service.terminate()
        assert service.wait() == 0
    order = [one.partition("-")[0] for one in sent]
    first_through = min(
        max(at for at, kind in enumerate(order) if kind == meant) for meant in kinds.values()
    )
    shares = {kind: order[:first_through].count(kind) for kind in kinds.values()}
    assert min(shares.values()) >= EACH / 4, shares
