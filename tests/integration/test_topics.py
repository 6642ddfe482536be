"""`topics`, as its user meets it, on a real broker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.command import Command

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics


@pytest.fixture
def verb(kafka: Broker, topics: Topics) -> Command:
    env = {"KAFKA_BROKERS": kafka.brokers, "RETRY_DELAYS": "30s,2h", **topics.env()}
    return Command("topics", env=env)


def test_plans_creates_and_then_finds_nothing_to_do(
    verb: Command, topics: Topics, kafka_tools: KafkaTools
) -> None:
    wanted = {
        *(topics.queue, f"{topics.queue}-retry-30s", f"{topics.queue}-retry-2h", topics.dlq),
        *(topics.results, topics.suppressions, f"{topics.dlq}-state"),
    }
    code, out, _ = verb("plan", "--partitions", "3", "--exit-code", "--json")
    assert code == 1
    assert {each["topic"] for each in json.loads("\n".join(out))} == wanted
    assert kafka_tools.list_topics().isdisjoint(wanted), "a plan changes nothing"

    code, out, err = verb("apply", "--partitions", "3", "--yes", "--json")
    assert (code, len(out)) == (0, len(wanted)), err
    code, out, _ = verb("show", "--json")
    shown = json.loads("\n".join(out))
    assert {(each["topic"], each["partitions"]) for each in shown} == {(name, 3) for name in wanted}
    code, out, err = verb("plan", "--exit-code")
    assert (code, out, err) == (0, [], ["nothing is to be done"])


def test_mends_what_would_lose_mail(verb: Command, topics: Topics, kafka_tools: KafkaTools) -> None:
    tier = f"{topics.queue}-retry-2h"
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.create_topic(f"{topics.queue}-retry-77s", 1)
    kafka_tools.create_topic(tier, 1, {"retention.ms": "60000", "segment.ms": "3600000"})
    kafka_tools.create_topic(topics.dlq, 4, {"cleanup.policy": "compact"})
    _, out, _ = verb("plan", "--json")
    found = {each["topic"]: each for each in json.loads("\n".join(out))}
    assert {each["name"] for each in found[tier]["change"]} == {
        *("partitions", "retention.ms", "max.message.bytes"),
    }
    assert [each["name"] for each in found[topics.dlq]["change"]][:1] == ["cleanup.policy"]
    assert topics.queue not in found

    assert verb("apply", "--yes")[0] == 0
    shown = {each["topic"]: each for each in json.loads("\n".join(verb("show", "--json")[1]))}
    assert shown[tier]["partitions"] == 2
    assert shown[tier]["configs"]["retention.ms"] == str(30 * 24 * 3600 * 1000)
    assert shown[topics.dlq]["configs"]["cleanup.policy"] == "delete"
    assert shown[f"{topics.queue}-retry-77s"]["orphaned"]
    assert not any(each["differs"] for each in shown.values())
    assert verb("plan", "--exit-code")[0] == 0


def test_does_nothing_unasked(verb: Command, topics: Topics, kafka_tools: KafkaTools) -> None:
    code, out, err = verb("apply")
    assert (code, out) == (2, [])
    assert "Nobody is there to be asked" in err[-1]
    assert topics.queue not in kafka_tools.list_topics()
