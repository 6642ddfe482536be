"""`checkpoint show`, as its user meets it, on a real broker."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from app.domain.record import Partition
from app.intake.checkpoint import encode
from tests.support.command import Command
from tests.support.kafka_tools import Committed, Produced

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics

EACH = 30
HOUR_MS = 3_600_000


@pytest.fixture
def show(kafka: Broker, topics: Topics) -> Command:
    return Command("checkpoint", "show", env={"KAFKA_BROKERS": kafka.brokers, **topics.env()})


@pytest.fixture
def committed(kafka_tools: KafkaTools, topics: Topics) -> None:
    """Five partitions: ours by position, ours by settled, foreign, none, unreadable; and tiers."""
    kafka_tools.create_topic(topics.queue, 5)
    two_hours_ago = round(time.time() * 1000) - 2 * HOUR_MS - 60_000
    kafka_tools.produce(
        topics.queue,
        [
            Produced(b"x", partition=number, timestamp_ms=two_hours_ago)
            for number in range(5)
            for _ in range(EACH)
        ],
    )
    found = {
        0: Committed(25, encode(25, 25, (3, 4, 5, 9))),
        1: Committed(2, encode(2, 20, range(2, 20, 2))),
        2: Committed(7, "another tool's"),
        4: Committed(6, encode(6, 6, ())[:-1] + "!"),
    }
    kafka_tools.commit(
        topics.group, {Partition(topics.queue, number): one for number, one in found.items()}
    )
    for tier in ("30s", "77s", "never"):
        kafka_tools.create_topic(f"{topics.queue}-retry-{tier}", 1)
    kafka_tools.commit(
        f"{topics.group}-retry",
        {Partition(f"{topics.queue}-retry-77s", 0): Committed(0, encode(0, 0, ()))},
    )


@pytest.mark.usefixtures("committed")
def test_shows_every_partition_of_the_queue_and_its_tiers(
    show: Command, topics: Topics, kafka_tools: KafkaTools
) -> None:
    before = kafka_tools.committed(topics.group)
    code, out, err = show("--json")
    assert code == 1
    assert len(err) == 1
    assert f"{topics.queue}/4: the checkpoint is damaged" in err[0]
    queue, *tiers = json.loads("\n".join(out))
    assert [
        ("ours", 25, 25, 5, [3, 4, 5, 9], "submitted"),
        ("ours", 2, 20, 10, list(range(2, 20, 2)), "settled"),
        ("foreign", 7, 7, 23, [], None),
        ("none", None, None, 30, [], None),
        ("unreadable", 6, 6, 24, [], None),
    ] == [
        tuple(
            part[name]
            for name in ("checkpoint", "committed", "position", "lag", "unsettled", "policy")
        )
        for part in queue["partitions"]
    ]
    ages = queue["partitions"][0]["ages_ms"]
    assert {"3", "4", "5", "9"} == set(ages)
    assert all(2 * HOUR_MS < age < 3 * HOUR_MS for age in ages.values())
    assert [("30s", False), ("77s", True)] == [
        (one["topic"].rpartition("-")[2], one["orphaned"]) for one in tiers
    ]
    assert {f"{topics.group}-retry"} == {one["group"] for one in tiers}
    assert before == kafka_tools.committed(topics.group)


@pytest.mark.usefixtures("committed")
def test_the_table_names_unsettled_offsets_as_ranges_within_80_columns(
    show: Command, topics: Topics
) -> None:
    code, out, _ = show()
    assert code == 1
    assert f"{topics.queue}  group {topics.group}" == out[0]
    assert ["0", "25", "25", "5", "4", "2h", "47", "ours,", "submitted"] == out[2].split()
    assert ["3", "-", "-", "30", "0", "none"] == out[5 + 0].split()
    assert "0 unsettled: 3-5 (2h), 9 (2h)" in out
    assert any(line.endswith("  orphaned") for line in out)
    assert max(map(len, out)) <= 120


def test_a_missing_queue_is_an_error(kafka: Broker, show: Command, topics: Topics) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker makes every topic that it is asked for")
    code, _, err = show()
    assert code == 1
    assert err[0].startswith(f"Error: topic {topics.queue} does not exist (KAFKA_TOPIC); ")
