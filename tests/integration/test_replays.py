"""Replays send each dead letter once, whatever happens to them."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from typing import TYPE_CHECKING

import orjson
import pytest

from app.domain import wire
from tests.support.command_line import CommandLine, ended
from tests.support.dead_letters import dead
from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics


@pytest.fixture(autouse=True)
def _topics(kafka_tools: KafkaTools, topics: Topics) -> None:
    kafka_tools.create_topic(topics.queue, 2)
    kafka_tools.create_topic(topics.dlq, 2)


def sent(kafka_tools: KafkaTools, topic: str) -> Counter[str]:
    """How often each id stands in the topic, committed."""
    records = kafka_tools.read_committed(topic)
    return Counter(orjson.loads(one.value or b"")["id"] for one in records)


def in_queue(kafka_tools: KafkaTools, topics: Topics, count: int) -> None:
    """Wait until so many offsets of the queue are taken."""
    wait_until(
        lambda: sum(kafka_tools.ends(topics.queue).values()) >= count,
        f"{count} letters are in the queue",
        within=40,
    )


def once(count: int) -> Counter[str]:
    return Counter({f"flat-{number}": 1 for number in range(count)})


def test_a_letter_goes_back_once_with_its_identity_and_without_its_past(
    dlq: CommandLine, kafka_tools: KafkaTools, topics: Topics
) -> None:
    letter = dead(1, mail_origin=b"email-queue/1/7", mail_recipients=b'["flat-1@example.com"]')
    kafka_tools.produce(topics.dlq, [letter])
    done = dlq("replay", "0/0")
    assert (done.code, done.out) == (0, f"0/0  flat-1  to {topics.queue}\n")
    assert done.err == f"1 letter sent to {topics.queue}\n"
    (record,) = kafka_tools.read_committed(topics.queue)
    assert (record.partition, record.key, record.value) == (1, letter.key, letter.value)
    assert record.headers == (
        ("campaign", b"spring"),
        (wire.MAIL_ID, b"flat-1"),
        (wire.MAIL_FIRST_SEEN, dict(letter.headers)[wire.MAIL_FIRST_SEEN]),
        (wire.MAIL_ORIGIN, b"email-queue/1/7"),
        (wire.MAIL_RECIPIENTS, b'["flat-1@example.com"]'),
    )
    again = dlq("replay", "0/0")
    assert again.code == 0
    assert "was replayed before" in again.out
    assert dlq("replay", "--all").err == (
        f"0 letters sent to {topics.queue}, 1 left alone as replayed before\n"
    )
    assert sent(kafka_tools, topics.queue) == Counter({"flat-1": 1})
    (listed,) = dlq("list", "--json").lines
    assert listed["replayed"] is True
    assert dlq("replay", "0/0", "--again").code == 0
    assert sent(kafka_tools, topics.queue) == Counter({"flat-1": 2})


def test_a_dry_run_tells_what_would_go_and_changes_nothing(
    dlq: CommandLine, kafka_tools: KafkaTools, topics: Topics
) -> None:
    over = Produced(flat(2, expires_at="2020-01-01T00:00:00Z"), partition=0)
    broken = Produced(flat(3, to="nobody"), partition=0)
    kafka_tools.produce(topics.dlq, [dead(1), over, broken])
    done = dlq("replay", "--all", "--dry-run", "--json")
    assert done.code == 0
    assert done.err == f"3 letters would go to {topics.queue}\n"
    notes = {one["id"]: one["note"] for one in done.lines}
    assert notes["flat-1"] is None
    assert notes["flat-2"].startswith("will end as expired")
    assert notes["flat-3"].startswith("will be dead again: to: ")
    assert kafka_tools.read_all(topics.queue) == []
    assert f"{topics.dlq}-state" not in kafka_tools.list_topics()


def test_selected_letters_go_to_another_queue(
    dlq: CommandLine, kafka_tools: KafkaTools, topics: Topics
) -> None:
    other = f"{topics.prefix}-other"
    kafka_tools.create_topic(other, 1)
    kafka_tools.produce(topics.dlq, [dead(1), dead(2, mail_error_kind=b"policy"), dead(3)])
    assert dlq("replay", "--kind", "policy", "--to", other).code == 0
    assert sent(kafka_tools, other) == Counter({"flat-2": 1})
    assert kafka_tools.read_all(topics.queue) == []
    nowhere = dlq("replay", "--all", "--to", f"{topics.prefix}-nowhere")
    assert nowhere.code == 1
    assert "nowhere, which is to be replayed to, does not exist" in nowhere.err


def test_a_letter_larger_than_the_queue_takes_is_named_and_hinders_no_other(
    dlq: CommandLine, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    if not kafka.is_apache:
        pytest.skip("the limit is Kafka's own")
    small = f"{topics.prefix}-small"
    kafka_tools.create_topic(small, 1, {"max.message.bytes": "2000"})
    large = Produced(flat(2, text="x" * 5000), headers=dead(2).headers, partition=0)
    kafka_tools.produce(topics.dlq, [dead(1), large, dead(3)])
    done = dlq("replay", "--all", "--to", small)
    assert done.code == 1
    assert f"Error: 0/1: larger than {small} takes (2000 bytes)" in done.err
    assert sent(kafka_tools, small) == Counter({"flat-1": 1, "flat-3": 1})


def test_a_rate_is_kept(dlq: CommandLine, kafka_tools: KafkaTools, topics: Topics) -> None:
    kafka_tools.produce(topics.dlq, [dead(number) for number in range(60)])
    began = time.monotonic()
    assert dlq("replay", "--all", "--rate", "20/s").code == 0
    # The first five go at once.
    assert time.monotonic() - began > 55 / 20
    assert sent(kafka_tools, topics.queue) == once(60)


def test_a_letter_without_value_gets_it_from_its_origin_while_that_exists(
    dlq: CommandLine, kafka_tools: KafkaTools, topics: Topics
) -> None:
    ((partition, offset),) = kafka_tools.produce(topics.queue, [Produced(flat(1), partition=1)])
    there = f"{topics.queue}/{partition}/{offset}".encode()
    gone = f"{topics.queue}/1/99".encode()
    empty = [
        Produced(None, key=b"k", headers=dead(1, mail_origin=there).headers, partition=0),
        Produced(None, key=b"k", headers=dead(2, mail_origin=gone).headers, partition=0),
        Produced(None, key=b"k", headers=dead(3, mail_origin=b"nonsense").headers, partition=0),
    ]
    kafka_tools.produce(topics.dlq, empty)
    done = dlq("replay", "--all")
    assert done.code == 1
    assert f"0/1: it has no value, and its origin {gone.decode()} has none any more" in done.err
    assert "0/2: it has no value, and no mail-origin that says where it came from" in done.err
    assert sent(kafka_tools, topics.queue) == Counter({"flat-1": 2})


def test_killed_again_and_again_each_letter_still_goes_once(
    dlq: CommandLine, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    if not kafka.is_apache:
        pytest.skip("what a killed writer left open is a matter of Kafka's own")
    count = 5000
    kafka_tools.produce(topics.dlq, [dead(number, number % 2) for number in range(count)])
    for kill_at in (200, 1500, 3000):
        with dlq.start("replay", "--all") as process:
            in_queue(kafka_tools, topics, kill_at)
            process.kill()
            ended(process)
    assert len(sent(kafka_tools, topics.queue)) < count
    done = dlq("replay", "--all")
    assert done.code == 0, done.err
    assert sent(kafka_tools, topics.queue) == once(count)


def test_of_two_replays_the_later_takes_over_and_nothing_goes_twice(
    dlq: CommandLine, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    if not kafka.is_apache:
        pytest.skip("fencing is Kafka's own")
    count = 1000
    kafka_tools.produce(topics.dlq, [dead(number, number % 2) for number in range(count)])
    with dlq.start("replay", "--all", "--rate", "20/s") as first:
        in_queue(kafka_tools, topics, 20)
        second = dlq("replay", "--all")
        earlier = ended(first)
    assert (second.code, earlier.code) == (0, 1)
    assert f"Error: another replay of {topics.dlq} has begun" in earlier.err
    assert "Traceback" not in earlier.err
    assert len(earlier.err.splitlines()) == 2
    assert sent(kafka_tools, topics.queue) == once(count)


def test_ctrl_c_ends_a_replay_cleanly_and_says_how_many_went(
    dlq: CommandLine, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.produce(topics.dlq, [dead(number) for number in range(500)])
    with dlq.start("replay", "--all", "--rate", "100/s") as process:
        in_queue(kafka_tools, topics, 20)
        process.send_signal(signal.SIGINT)
        done = ended(process)
    assert done.code == 130
    told = re.fullmatch(
        rf"(\d+) letters sent to {topics.queue}; this run sent no more\. .*", done.err.strip()
    )
    assert told is not None, done.err
    went = sent(kafka_tools, topics.queue)
    assert went == once(int(told[1]))
    assert dlq("replay", "--all").code == 0
    assert sent(kafka_tools, topics.queue) == once(500)
