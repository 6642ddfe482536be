"""Retry tiers: what waits at a head, who waits behind it, and which tiers are read."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import orjson

from tests.support.kafka_tools import Produced
from tests.support.mails import flat

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

# What a busy machine may add to a time, beyond the half second of a poll.
LATE_MS = 2500
# Clocks of broker and service are one here; Kafka's timestamps are the producer's.
EARLY_MS = 50


def waiting(number: int, until_ms: int | None = None, **headers: str) -> Produced:
    """A record as the service writes it into a tier."""
    ours = {"mail-id": f"flat-{number}", "mail-attempt": "1", **headers}
    if until_ms is not None:
        ours["mail-not-before"] = str(until_ms)
    return Produced(
        flat(number),
        partition=0,
        headers=[(name, value.encode()) for name, value in ours.items()],
    )


def delivered_at(tools: KafkaTools, topics: Topics) -> dict[str, int]:
    """When the result of each delivery was written, epoch ms, by message id."""
    found: dict[str, int] = {}
    for one in tools.read_all(topics.results):
        result: dict[str, Any] = orjson.loads(one.value or b"")
        if result["status"] == "delivered":
            found[result["id"]] = one.timestamp_ms
    return found


def test_heads_wait_no_longer_than_their_tier_and_hold_nobody_elsewhere(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    """The tier `-3s` is named by no setting any more, and is read all the same."""
    for topic in ("", "-retry-2s", "-retry-3s", "-retry-5s"):
        kafka_tools.create_topic(topics.queue + topic, 1)
    with services.to(relay.port, RETRY_DELAYS="2s,5s") as service:
        service.wait_ready()
        began = round(time.time() * 1000)
        kafka_tools.produce(
            f"{topics.queue}-retry-5s",
            [
                waiting(1, began + 60_000),  # the tier's delay ends first: hops on at 5 s
                waiting(2, began + 3_000),  # behind it
            ],
        )
        kafka_tools.produce(
            f"{topics.queue}-retry-2s",
            [
                waiting(3, began + 1_000),  # its own time comes first
                waiting(4),  # no time of its own: the tier's
            ],
        )
        kafka_tools.produce(f"{topics.queue}-retry-3s", [waiting(5)])
        kafka_tools.produce(topics.queue, [flat(6)])
        kafka_tools.wait_for_records(topics.results, 5)
        # The hop: neither an attempt nor a result, into the largest tier not above the rest.
        hopped = kafka_tools.wait_for_records(f"{topics.queue}-retry-5s", 3)[-1]
        service.terminate()
        assert service.wait() == 0
    times = {number: at - began for number, at in delivered_at(kafka_tools, topics).items()}
    expected = {
        "flat-6": 0,
        "flat-3": 1_000,
        "flat-4": 2_000,
        "flat-5": 3_000,
        "flat-2": 5_000,
    }
    assert set(expected) == set(times)
    for name, due in expected.items():
        assert due - EARLY_MS <= times[name] <= due + LATE_MS, times
    headers = dict(hopped.headers)
    assert headers["mail-id"] == b"flat-1"
    assert headers["mail-attempt"] == b"1"
    assert headers["mail-not-before"] == str(began + 60_000).encode()
    assert headers["mail-origin"] == f"{topics.queue}-retry-5s/0/0".encode()


def test_a_long_wait_hops_through_the_tiers_and_ends_on_time(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    with services.to(relay.port, RETRY_DELAYS="1s,3s") as service:
        service.wait_ready()
        due = round(time.time() * 1000) + 4_500
        kafka_tools.produce(topics.queue, [waiting(1, due)])
        relay.wait_for(1)
        kafka_tools.wait_for_records(topics.results, 1)
        service.terminate()
        assert service.wait() == 0
    assert due <= delivered_at(kafka_tools, topics)["flat-1"] <= due + LATE_MS
    (result,) = kafka_tools.read_all(topics.results)
    told = orjson.loads(result.value or b"")
    assert told["attempt"] == 2  # one was made before it came here; hops are none
    assert told["origin"] == f"{topics.queue}/0/0"
    assert len(kafka_tools.read_all(f"{topics.queue}-retry-3s")) == 1
    assert len(kafka_tools.read_all(f"{topics.queue}-retry-1s")) >= 2
