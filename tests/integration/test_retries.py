"""Refusals for now come back through a tier; refusals for good are dead; others do not wait."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from tests.support.checkpoints import everything_settled
from tests.support.mails import flat
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from app.domain.record import Record
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.services import Services
    from tests.support.topics import Topics


def result_of(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(record.value or b"")
    return found


def test_a_temporary_refusal_is_retried_through_the_tiers_and_ends_in_the_dead_letters(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.produce(topics.queue, [flat(1, to="greylisted@example.com")])
    with services.to(postfix.port, RETRY_DELAYS="1s,2s"):
        (letter,) = kafka_tools.wait_for_records(topics.dlq, 1, within=40)
    results = [result_of(one) for one in kafka_tools.read_all(topics.results)]
    assert [(one["status"], one["attempt"]) for one in results] == [
        ("retrying", 1),
        ("retrying", 2),
        ("dead", 3),
    ]
    headers = dict(letter.headers)
    assert headers["mail-id"] == b"flat-1"
    assert headers["mail-attempt"] == b"3"
    assert headers["mail-error-kind"] == b"temporary"
    assert headers["mail-error-code"].startswith(b"4")
    assert orjson.loads(letter.value or b"") == flat(1, to="greylisted@example.com")
    assert len(kafka_tools.read_all(f"{topics.queue}-retry-1s")) == 1
    assert len(kafka_tools.read_all(f"{topics.queue}-retry-2s")) == 1


def test_each_recipient_has_its_own_fate(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    everybody = ["fine@example.com", "unknown@example.com", "greylisted@example.com"]
    kafka_tools.produce(topics.queue, [flat(1, to=everybody, max_retries=1)])
    with services.to(postfix.port, RETRY_DELAYS="1s"):
        refused, deferred = kafka_tools.wait_for_records(topics.dlq, 2, within=40)
        (mail,) = postfix.wait_for(1)
    assert mail.recipient == "fine@example.com"
    assert orjson.loads(dict(refused.headers)["mail-recipients"]) == ["unknown@example.com"]
    assert orjson.loads(dict(deferred.headers)["mail-recipients"]) == ["greylisted@example.com"]
    first, second = (result_of(one) for one in kafka_tools.read_all(topics.results))
    assert first["status"] == "retrying"
    assert {one["address"]: one["status"] for one in first["recipients"]} == {
        "fine@example.com": "delivered",
        "unknown@example.com": "dead",
        "greylisted@example.com": "retrying",
    }
    assert second["status"] == "dead"


def test_a_scheduled_message_waits_and_one_that_expired_is_not_sent(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    due = datetime.now(UTC) + timedelta(seconds=4)
    kafka_tools.produce(
        topics.queue,
        [
            flat(1, send_at=due.isoformat()),
            flat(2, expires_at="2020-01-01T00:00:00Z"),
            flat(3),
        ],
    )
    with services.to(postfix.port, RETRY_DELAYS="1s,30s"):
        postfix.wait_for(2, within=30)
        arrived = time.time()
        kafka_tools.wait_for_records(topics.results, 3)
    assert due.timestamp() <= arrived < due.timestamp() + 5
    assert [mail.recipient for mail in postfix.mails()] != []
    by_id = {one["id"]: one for one in map(result_of, kafka_tools.read_all(topics.results))}
    assert by_id["flat-1"]["status"] == "delivered"
    assert by_id["flat-1"]["attempt"] == 1
    assert by_id["flat-2"]["status"] == "expired"
    assert by_id["flat-3"]["status"] == "delivered"


@pytest.mark.usefixtures("forgets_the_dead")
def test_what_waits_in_a_tier_survives_a_kill_and_is_sent_after_it(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    due = datetime.now(UTC) + timedelta(seconds=6)
    kafka_tools.produce(topics.queue, [flat(n, send_at=due.isoformat()) for n in range(20)])
    with services.to(postfix.port, RETRY_DELAYS="5s") as service:
        kafka_tools.wait_for_records(f"{topics.queue}-retry-5s", 20)
        # A kill before the next checkpoint would hop them twice, as is promised for kills.
        wait_until(lambda: everything_settled(kafka_tools, topics), "the hops are in a checkpoint")
        service.kill()
        service.wait()
        assert postfix.count() == 0
        service.start()
        postfix.wait_for(20, within=40)
        wait_until(
            lambda: sum(kafka_tools.ends(topics.results).values()) >= 20, "20 results", within=20
        )
        service.terminate()
        assert service.wait() == 0
    assert postfix.count() == 20
