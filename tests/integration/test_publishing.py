"""What is written, and what happens when a topic refuses it."""

from __future__ import annotations

import urllib.request
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.support.checkpoints import everything_settled
from tests.support.kafka_tools import Produced
from tests.support.mails import flat

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.services import Services
    from tests.support.topics import Topics


@pytest.fixture(autouse=True)
def _enforces_sizes(kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker does not enforce max.message.bytes")


def test_a_result_that_is_refused_for_good_is_said_and_settles_all_the_same(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(topics.results, 1, {"max.message.bytes": "900"})
    kafka_tools.produce(
        topics.queue, [flat(1), flat(2, metadata={"large": "x" * 2000}), flat(3), flat(4)]
    )
    with services.to(postfix.port) as service:
        postfix.wait_for(4)
        service.wait_for(lambda: everything_settled(kafka_tools, topics), "all four are settled")
        with urllib.request.urlopen(f"{service.url}/metrics", timeout=5) as answer:
            assert b"mailer_results_refused_total 1.0" in answer.read()
        service.terminate()
        assert service.wait() == 0
    written = [orjson.loads(one.value or b"")["id"] for one in kafka_tools.read_all(topics.results)]
    assert sorted(written) == ["flat-1", "flat-3", "flat-4"]
    assert "a result is not written" in service.output


def test_a_dead_letter_too_large_for_its_topic_goes_without_its_value(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
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
    with services.to(postfix.port):
        letters = kafka_tools.wait_for_records(topics.dlq, 2)
    large = next(one for one in letters if one.key == b"large")
    headers = dict(large.headers)
    assert large.value is None
    assert headers["mail-origin"].decode() == f"{topics.queue}/0/0"
    assert "value left out" in headers["mail-error-text"].decode()
    assert headers["mail-error-kind"] == b"recipient"


def test_a_retry_too_large_for_its_tier_is_a_dead_letter_and_the_others_flow(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    tier = f"{topics.queue}-retry-30s"
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(tier, 1, {"max.message.bytes": "5000"})
    large = flat(1, to="greylisted@example.com", text="x" * 20_000)
    later = flat(12, send_at="2999-01-01T00:00:00Z", text="x" * 30_000)
    small = flat(13, to="greylisted@example.com")
    kafka_tools.produce(topics.queue, [large, *map(flat, range(2, 12)), later, small])
    with services.to(postfix.port, RETRY_DELAYS="30s", SHUTDOWN_TIMEOUT="2s") as service:
        postfix.wait_for(10)
        service.wait_for(lambda: everything_settled(kafka_tools, topics), "all are settled")
        service.wait_for(lambda: service.health() == 200, "nothing is wrong any more")
        service.terminate()
        assert service.wait(60) == 0
    letters = sorted(kafka_tools.read_all(topics.dlq), key=lambda one: len(one.value or b""))
    assert [large, later] == [orjson.loads(one.value or b"") for one in letters]
    for letter, kind in zip(letters, (b"temporary", b"invalid_message"), strict=True):
        assert dict(letter.headers)["mail-error-kind"] == kind
        assert f"retry topic {tier} refuses" in dict(letter.headers)["mail-error-text"].decode()
    assert len(kafka_tools.read_all(tier)) == 1
    results = [orjson.loads(one.value or b"") for one in kafka_tools.read_all(topics.results)]
    told = [one["status"] for one in results if one["id"] == "flat-1"]
    assert told == ["retrying", "dead"]
    (dead,) = (one for one in results if one["id"] == "flat-12")
    assert dead["recipients"] == [
        {"address": "flat-12@example.com", "status": "dead", "code": None},
    ]
    assert len(service.named("email.dead")) == 2


def test_without_a_results_topic_what_expired_is_kept_as_a_dead_letter(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(1, expires_at="2020-01-01T00:00:00Z"), flat(2)])
    with services.to(postfix.port, EMAIL_RESULTS_TOPIC=""):
        (letter,) = kafka_tools.wait_for_records(topics.dlq, 1)
        postfix.wait_for(1)
    assert dict(letter.headers)["mail-error-kind"] == b"expired"
    assert topics.results not in kafka_tools.list_topics()
