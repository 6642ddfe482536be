"""The same id twice: one mail, whoever sends it, and mail all the same when nobody can tell."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import orjson

from tests.support.kafka_tools import Produced
from tests.support.mails import flat

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.redis_server import RedisServer
    from tests.support.services import Services
    from tests.support.topics import Topics

DEDUP = {"DEDUP_WINDOW": "1h", "RETRY_DELAYS": "1s"}


def statuses(kafka_tools: KafkaTools, topics: Topics, count: int) -> list[dict[str, Any]]:
    """That many results, in the order of their records' offsets."""
    records = kafka_tools.wait_for_records(topics.results, count, within=40)
    found: list[dict[str, Any]] = [orjson.loads(one.value or b"") for one in records]
    return sorted(found, key=lambda one: int(one["origin"].rsplit("/", 1)[1]))


def test_one_id_in_two_records_is_one_mail_and_a_record_without_one_is_no_duplicate(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    nameless = {name: value for name, value in flat(2).items() if name != "id"}
    kafka_tools.produce(topics.queue, [flat(1), flat(1), nameless, nameless])
    with services.to(postfix.port, **DEDUP) as service:
        found = statuses(kafka_tools, topics, 4)
        mails = postfix.wait_for(3)
        assert Counter(mail.recipient for mail in mails) == {
            "flat-1@example.com": 1,
            "flat-2@example.com": 2,
        }
        (duplicate,) = [one for one in found if one["status"] == "duplicate"]
        (delivered,) = [one for one in found[:2] if one["status"] == "delivered"]
        assert duplicate["id"] == delivered["id"] == "flat-1"
        assert duplicate["error_kind"] == "duplicate"
        assert delivered["origin"] in json.dumps(duplicate["reply"])
        assert [one["status"] for one in found[2:]] == ["delivered", "delivered"]
        # Somebody new, and one who has it already, under the same id.
        both = ["flat-1@example.com", "new@example.com"]
        kafka_tools.produce(topics.queue, [flat(1, to=both)])
        mixed = statuses(kafka_tools, topics, 5)[-1]
        assert {one["address"]: one["status"] for one in mixed["recipients"]} == {
            "flat-1@example.com": "duplicate",
            "new@example.com": "delivered",
        }
        assert service.issues() == {}


def test_retries_and_replays_of_an_origin_pass(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    both = ["fine@example.com", "greylisted@example.com"]
    kafka_tools.produce(topics.queue, [flat(1, to=both, max_retries=1)])
    with services.to(postfix.port, **DEDUP):
        (letter,) = kafka_tools.wait_for_records(topics.dlq, 1, within=40)
        assert dict(letter.headers)["mail-error-kind"] == b"temporary"
        assert dict(letter.headers)["mail-attempt"] == b"2"
        replay = Produced(
            flat(1, to=both), headers=[("mail-origin", f"{topics.queue}/0/0".encode())]
        )
        kafka_tools.produce(topics.queue, [replay])
        mails = postfix.wait_for(2)
    assert [mail.recipient for mail in mails] == ["fine@example.com"] * 2
    assert len({mail.message_id for mail in mails}) == 1


def test_instances_that_share_a_store_send_each_id_once_also_after_a_restart(
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    postfix: Postfix,
    redis_server: RedisServer,
) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    shared = {**DEDUP, "STATE_URL": redis_server.url}
    one, two = (services.to(postfix.port, name=name, **shared) for name in ("one", "two"))
    twice = [Produced(flat(n), partition=place) for n in range(40) for place in (0, 1)]
    with one, two:
        one.wait_ready()
        two.wait_ready()
        kafka_tools.produce(topics.queue, twice)
        found = statuses(kafka_tools, topics, 80)
        assert Counter(each["status"] for each in found) == {"delivered": 40, "duplicate": 40}
        mails = postfix.wait_for(40)
        assert set(Counter(mail.recipient for mail in mails).values()) == {1}
        assert one.named("email.delivered") or two.named("email.delivered")
        one.terminate()
        assert one.wait() == 0
        two.terminate()
        assert two.wait() == 0
        one.start()
        kafka_tools.produce(topics.queue, [flat(0)])
        assert Counter(each["status"] for each in statuses(kafka_tools, topics, 81)) == {
            "delivered": 40,
            "duplicate": 41,
        }
    assert postfix.count() == 40
    assert all(
        "example.com" not in f"{key} {value}" for key, value in redis_server.everything().items()
    )
    assert "Geheimnis" not in one.output + two.output


def test_mail_flows_while_the_store_is_away_and_health_says_what_is_not_kept(
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    postfix: Postfix,
    redis_server: RedisServer,
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    with services.to(postfix.port, **DEDUP, STATE_URL=redis_server.url) as service:
        service.wait_ready()
        kafka_tools.produce(topics.queue, [flat(1)])
        postfix.wait_for(1)
        redis_server.kill()
        service.wait_for(service.issues, "health says so")
        (issue,) = service.issues().items()
        assert issue[0] == "shared_store"
        assert issue[1].startswith("shared store: deduplication is not kept: ")
        kafka_tools.produce(topics.queue, [flat(n) for n in range(2, 52)])
        postfix.wait_for(51)
        redis_server.start()
        service.wait_for(lambda: not service.issues(), "health is clear again")
        kafka_tools.produce(topics.queue, [flat(60), flat(60)])
        found = statuses(kafka_tools, topics, 53)
        assert Counter(one["status"] for one in found) == {"delivered": 52, "duplicate": 1}
        assert postfix.wait_for(52)
        service.terminate()
        assert service.wait() == 0
        assert "Geheimnis" not in service.output
