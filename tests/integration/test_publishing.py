"""What is written, and what happens when a topic refuses it."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import orjson
import pytest

from app.intake.checkpoint import decode
from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.service import Service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.topics import Topics


@pytest.fixture(autouse=True)
def _enforces_sizes(kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker does not enforce max.message.bytes")


def unsettled(kafka_tools: KafkaTools, topics: Topics) -> list[int]:
    found = [
        decode(one.metadata, one.offset) for one in kafka_tools.committed(topics.group).values()
    ]
    return [offset for one in found if one for offset in one.unsettled]


def all_read(kafka_tools: KafkaTools, topics: Topics) -> bool:
    return kafka_tools.lag(topics.group, topics.queue) == 0


def test_a_result_that_is_refused_for_good_is_said_and_settles_all_the_same(
    tmp_path: Path, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(topics.results, 1, {"max.message.bytes": "900"})
    kafka_tools.produce(
        topics.queue, [flat(1), flat(2, metadata={"large": "x" * 2000}), flat(3), flat(4)]
    )
    service = Service.on(tmp_path, brokers=kafka.brokers, topics=topics, smtp_port=postfix.port)
    with service:
        postfix.wait_for(4)
        service.wait_for(
            lambda: all_read(kafka_tools, topics) and not unsettled(kafka_tools, topics),
            "all four are settled",
        )
        with urllib.request.urlopen(f"{service.url}/metrics", timeout=5) as answer:
            assert b"mailer_results_refused_total 1.0" in answer.read()
        service.terminate()
        assert service.wait() == 0
    written = [orjson.loads(one.value or b"")["id"] for one in kafka_tools.read_all(topics.results)]
    assert sorted(written) == ["flat-1", "flat-3", "flat-4"]
    assert "a result is not written" in service.output


def test_a_dead_letter_too_large_for_its_topic_goes_without_its_value(
    tmp_path: Path, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(topics.dlq, 1, {"max.message.bytes": "5000"})
    kafka_tools.produce(
        topics.queue,
        [
            Produced(flat(1, to="unknown@example.com", text="x" * 20_000), key=b"large"),
            flat(2, to="unknown@example.com"),
        ],
    )
    with Service.on(tmp_path, brokers=kafka.brokers, topics=topics, smtp_port=postfix.port):
        letters = kafka_tools.wait_for_records(topics.dlq, 2)
    large = next(one for one in letters if one.key == b"large")
    headers = dict(large.headers)
    assert large.value is None
    assert headers["mail-origin"].decode() == f"{topics.queue}/0/0"
    assert "value left out" in headers["mail-error-text"].decode()
    assert headers["mail-error-kind"] == b"recipient"


def test_a_retry_that_its_tier_refuses_stays_unsettled_and_the_others_flow(
    tmp_path: Path, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(f"{topics.queue}-retry-30s", 1, {"max.message.bytes": "5000"})
    kafka_tools.produce(
        topics.queue,
        [flat(1, to="greylisted@example.com", text="x" * 20_000), *map(flat, range(2, 12))],
    )
    service = Service.on(
        tmp_path,
        brokers=kafka.brokers,
        topics=topics,
        smtp_port=postfix.port,
        env={"RETRY_DELAYS": "30s", "SHUTDOWN_TIMEOUT": "2s"},
    )
    with service:
        postfix.wait_for(10)
        service.wait_for(
            lambda: all_read(kafka_tools, topics) and unsettled(kafka_tools, topics) == [0],
            "only the refused one is unsettled",
        )
        service.wait_for(lambda: service.health() == 503, "health says so")
        service.terminate()
        assert service.wait(60) == 0
    assert unsettled(kafka_tools, topics) == [0]
    assert "refuses the record" in service.output


def test_without_a_results_topic_what_expired_is_kept_as_a_dead_letter(
    tmp_path: Path, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(1, expires_at="2020-01-01T00:00:00Z"), flat(2)])
    service = Service.on(
        tmp_path,
        brokers=kafka.brokers,
        topics=topics,
        smtp_port=postfix.port,
        env={"EMAIL_RESULTS_TOPIC": ""},
    )
    with service:
        (letter,) = kafka_tools.wait_for_records(topics.dlq, 1)
        postfix.wait_for(1)
    assert dict(letter.headers)["mail-error-kind"] == b"expired"
    assert topics.results not in kafka_tools.list_topics()
