"""`results`, as its user meets it, on a real broker."""

from __future__ import annotations

import json
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.command import Command
from tests.support.kafka_tools import Produced
from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

PARTITIONS = 3
NOW = round(time.time() * 1000)
HOUR = 3_600_000


@pytest.fixture
def results(kafka: Broker, topics: Topics) -> Command:
    return Command("results", env={"KAFKA_BROKERS": kafka.brokers, **topics.env()})


def result(name: str, status: str, *, ago_ms: int = 0, partition: int = 0, **who: str) -> Produced:
    fields: dict[str, Any] = {
        "id": name,
        "type": "receipt",
        "status": status,
        "attempt": 1,
        "relay": "mail.example:587",
        "code": 250,
        "error_kind": None if status == "delivered" else "temporary",
        "recipients": [{"address": to, "status": one, "code": 1} for to, one in who.items()]
        or [{"address": "ann@example.com", "status": status, "code": 250}],
        "origin": f"queue/{partition}/5",
        "at": "2026-11-22T08:00:00.123Z",
    }
    return Produced(fields, key=name.encode(), partition=partition, timestamp_ms=NOW - ago_ms)


@pytest.fixture
def written(kafka_tools: KafkaTools, topics: Topics) -> None:
    """Thirty of an hour ago over three partitions, one of two days ago, one that is none."""
    kafka_tools.create_topic(topics.results, PARTITIONS)
    kafka_tools.produce(
        topics.results,
        [
            result("old", "dead", ago_ms=48 * HOUR, partition=1),
            *(
                result(
                    f"m{number}",
                    "dead" if number % 10 == 3 else "delivered",
                    ago_ms=HOUR - number,
                    partition=number % PARTITIONS,
                )
                for number in range(30)
            ),
            Produced(b"no result", partition=2),
        ],
    )


def ids(lines: list[str]) -> list[str]:
    return [json.loads(line)["id"] for line in lines]


@pytest.mark.usefixtures("written")
def test_the_newest_are_shown_in_order_of_time_over_all_partitions(results: Command) -> None:
    code, out, err = results()
    assert (0, []) == (code, err)
    assert [f"m{number}" for number in range(10, 30)] == [line.split()[3] for line in out]
    assert "2026-11-22 08:00:00  delivered   m29                       ann@example.com" == out[-1]


@pytest.mark.usefixtures("written")
def test_filters_and_json_lines_as_they_stand_in_the_topic(
    results: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    _, out, _ = results("--status", "dead", "--json")
    assert ["m3", "m13", "m23"] == ids(out)
    values = {(each.value or b"").decode() for each in kafka_tools.read_all(topics.results)}
    assert set(out) <= values
    assert ["old", "m3", "m13", "m23"] == ids(
        results("--status", "dead", "--since", "3d", "--last", "9", "--json").out
    )
    assert ["m13", "m23"] == ids(results("--kind", "temporary", "--last", "2", "--json").out)
    assert 31 == len(results("--since", "3d", "--json").out)
    assert 4 == len(results("--since", "3d", "--limit", "4", "--json").out)
    assert [] == results("--recipient", "example.org").out


@pytest.mark.usefixtures("written")
def test_follows_until_interrupted(
    results: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    with results.start("--follow", "--last", "1", "--json", "--status", "dead") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert ["m23"] == ids([process.stdout.readline()])
        kafka_tools.produce(
            topics.results,
            [result("not this", "delivered"), result("new", "dead", partition=2)],
        )
        assert ["new"] == ids([process.stdout.readline()])
        process.send_signal(signal.SIGINT)
        assert 130 == process.wait(30)
        assert "" == process.stderr.read().strip()


@pytest.mark.usefixtures("written")
def test_ends_quietly_when_its_reader_leaves(
    results: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    with results.start("--follow", "--last", "1") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        kafka_tools.produce(topics.results, [result("one", "delivered")])
        assert 0 == process.wait(30)
        assert "" == process.stderr.read().strip()


def test_waits_for_the_end_of_several_over_what_was_and_what_comes(
    results: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.results, PARTITIONS)
    kafka_tools.produce(
        topics.results,
        [
            result("a", "delivered", partition=1),
            result("b", "retrying", ann="dead", ben="retrying"),
        ],
    )
    assert 0 == results("--wait", "a").code
    with results.start("--wait", "a", "--wait", "b", "--json") as process:
        assert process.stdout is not None
        assert ["a"] == ids([process.stdout.readline()])
        kafka_tools.produce(topics.results, [result("b", "delivered", ben="delivered")])
        last = json.loads(process.stdout.readline())
        assert {
            "id": "b",
            "status": "dead",
            "recipients": [
                {"address": "ann", "status": "dead"},
                {"address": "ben", "status": "delivered"},
            ],
        } == last
        assert 1 == process.wait(30)


def test_gives_up_waiting_in_time_and_says_how_it_stands(
    results: Command, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.results, 1)
    kafka_tools.produce(topics.results, [result("a", "retrying")])
    code, out, err = results("--wait", "a", "--wait", "b", "--timeout", "1s")
    assert 1 == code
    assert ["retrying    a                         ann@example.com", "unknown     b"] == out
    assert ["Error: 2 of 2 not final within 1 s"] == err


def test_results_that_are_turned_off_are_wrong_usage(results: Command) -> None:
    code, out, err = results("--email-results-topic", "")
    assert (2, []) == (code, out)
    assert "EMAIL_RESULTS_TOPIC is empty" in err[-1]


def test_a_missing_topic_is_an_error(kafka: Broker, results: Command, topics: Topics) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker makes every topic that it is asked for")
    code, _, err = results()
    assert 1 == code
    assert f"topic {topics.results} does not exist" in err[-1]


def test_an_absent_kafka_ends_with_3() -> None:
    results = Command("results", env={"KAFKA_BROKERS": f"127.0.0.1:{free_port()}"})
    code, _, err = results("--kafka-start-timeout", "1s")
    assert 3 == code
    assert "did not answer within 1 s" in err[-1]


def test_sending_waits_for_the_end_of_what_was_sent(
    kafka: Broker, topics: Topics, services: Services, relay: RelayThread
) -> None:
    """Ids by default and given, one delivered and one refused by the relay."""
    with services.to(relay.port) as service:
        service.wait_ready()
        send = Command("send", env={"KAFKA_BROKERS": kafka.brokers, **topics.env()})
        mail = ("--subject", "Hi", "--text", "Hello", "--wait", "--timeout", "30s")
        code, out, err = send("--to", "ann@example.com", *mail)
        assert (0, []) == (code, err)
        assert f"delivered   {topics.queue}-0-0" in out[-1]
        code, out, _ = send("--to", "nobody@example.com", "--from", "bad", *mail)
        assert 2 == code
        code, out, _ = send(
            *("--to", "ann@example.com", "--id", "late", "--json", *mail),
            *("--expires-at", "2020-01-01T00:00:00Z"),
        )
        assert 1 == code
        assert ("late", "expired") == tuple(json.loads(out[-1])[name] for name in ("id", "status"))
