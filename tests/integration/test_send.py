"""`send`, as its user meets it, on a real broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics

PROJECT = Path(__file__).parents[2]
GOOD = {"to": "ann@example.com", "subject": "Hi", "text": "Hello"}


class Sender:
    """`kafka-mailer send` in a process of its own, to a topic of the test's own."""

    def __init__(self, brokers: str, topic: str) -> None:
        self.topic = topic
        self._env = os.environ | {
            "KAFKA_BROKERS": brokers,
            "KAFKA_TOPIC": topic,
            "PYTHONPATH": str(PROJECT),
        }

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "app", "send", *arguments],
            env=self._env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def __call__(self, *arguments: str, given: bytes = b"") -> tuple[int, list[str], list[str]]:
        with self.start(*arguments) as process:
            out, err = process.communicate(given, timeout=60)
        return process.returncode, out.decode().splitlines(), err.decode().splitlines()


@pytest.fixture
def send(kafka: Broker, topics: Topics) -> Sender:
    return Sender(kafka.brokers, topics.queue)


def _lines(*documents: Any) -> bytes:
    return b"".join(
        (each if isinstance(each, bytes) else json.dumps(each).encode()) + b"\n"
        for each in documents
    )


def test_one_message_from_flags_lands_in_a_topic_made_for_it(
    send: Sender, kafka_tools: KafkaTools
) -> None:
    code, out, err = send("--to", "ann@example.com", "--subject", "Hi", "--text", "Hello")
    assert (code, out, err) == (0, [f"{send.topic}/0/0"], [])
    (record,) = kafka_tools.wait_for_records(send.topic, 1)
    assert json.loads(record.value or b"") == {**GOOD, "to": ["ann@example.com"]}
    assert record.key == b"ann@example.com"


def test_an_event_is_written_as_it_is_and_checked_as_the_service_does(
    send: Sender, kafka_tools: KafkaTools
) -> None:
    good = {"specversion": "1.0", "id": "e1", "source": "/shop", "type": "t", "data": GOOD}
    code, out, err = send("--file", "-", given=_lines(good, {**good, "data": 7}))
    assert (code, out) == (1, [f"line 1: {send.topic}/0/0  e1"])
    assert any("line 2: data: must be an object" in line for line in err)
    (record,) = kafka_tools.wait_for_records(send.topic, 1)
    assert (record.key, json.loads(record.value or b"")) == (b"e1", good)


def test_an_id_of_one_s_own_is_told_and_is_the_key(send: Sender, kafka_tools: KafkaTools) -> None:
    arguments = ("--to", "ann@example.com", "--subject", "Hi", "--text", "Hello", "--id", "x1")
    assert send(*arguments)[1] == [f"{send.topic}/0/0  x1"]
    (code, out, _) = send(*arguments, "--json")
    assert code == 0
    assert json.loads(out[0]) == {"id": "x1", "topic": send.topic, "partition": 0, "offset": 1}
    assert [each.key for each in kafka_tools.wait_for_records(send.topic, 2)] == [b"x1", b"x1"]


def test_lines_land_byte_for_byte_and_bad_ones_are_named(
    send: Sender, kafka_tools: KafkaTools
) -> None:
    spaced = b'{"id": "b",  "to":"b@example.com","subject":"Hi","text":"x"}'
    given = _lines(
        {**GOOD, "id": "a"}, b"{oops", b"", {**GOOD, "to": ["ok@example.com", "no"]}, spaced
    )
    code, out, err = send("--file", "-", given=given)
    assert code == 1
    assert out == [f"line 1: {send.topic}/0/0  a", f"line 5: {send.topic}/0/1  b"]
    assert err[0].startswith("Error: line 2: value: is not JSON")
    assert err[1].startswith("Error: line 4: to[1]: ")
    assert err[2:] == ["2 messages in the queue, 2 refused"]
    values = [each.value for each in kafka_tools.wait_for_records(send.topic, 2)]
    assert values[1] == spaced


def test_stops_at_a_bad_line_when_asked(send: Sender, kafka_tools: KafkaTools) -> None:
    given = _lines(GOOD, {"to": "ann@example.com"}, GOOD)
    code, out, err = send("-f", "-", "--on-error", "stop", given=given)
    assert (code, out) == (1, [f"line 1: {send.topic}/0/0"])
    assert err[-1] == "1 message in the queue, 1 refused"
    assert len(kafka_tools.wait_for_records(send.topic, 1)) == 1


def test_json_tells_of_good_and_bad_lines(send: Sender) -> None:
    code, out, _ = send("-f", "-", "--json", given=_lines(GOOD, {**GOOD, "subject": "a\nb"}))
    assert code == 1
    landed, refused = sorted((json.loads(line) for line in out), key=lambda each: each["line"])
    assert landed == {"line": 1, "topic": send.topic, "partition": 0, "offset": 0}
    assert (refused["line"], refused["field"]) == (2, "subject")


def test_messages_of_one_key_keep_their_order_over_partitions(
    send: Sender, kafka_tools: KafkaTools, tmp_path: Path
) -> None:
    kafka_tools.create_topic(send.topic, 3)
    keys, count = 7, 2000
    path = tmp_path / "messages.jsonl"
    path.write_bytes(
        _lines(*({**GOOD, "id": f"k{n % keys}", "metadata": {"n": n}} for n in range(count)))
    )
    code, out, err = send("--file", str(path))
    assert (code, len(out), err) == (0, count, ["2,000 messages in the queue"])
    records = kafka_tools.wait_for_records(send.topic, count)
    assert len({each.partition for each in records}) > 1
    for key in range(keys):
        mine = [each for each in records if each.key == f"k{key}".encode()]
        assert len({each.partition for each in mine}) == 1
        numbers = [
            json.loads(each.value or b"")["metadata"]["n"]
            for each in sorted(mine, key=lambda each: each.offset)
        ]
        assert numbers == sorted(numbers)


def test_what_comes_slowly_lands_at_once(send: Sender) -> None:
    with send.start("-f", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in (1, 2):
            process.stdin.write(_lines(GOOD))
            process.stdin.flush()
            assert (
                process.stdout.readline().decode()
                == f"line {number}: {send.topic}/0/{number - 1}\n"
            )
        process.stdin.close()
        assert process.wait(30) == 0


def test_messages_go_on_when_nobody_reads_where_they_land(
    send: Sender, kafka_tools: KafkaTools
) -> None:
    with send.start("-f", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(_lines(GOOD))
        process.stdin.flush()
        process.stdout.readline()
        process.stdout.close()
        process.stdin.write(_lines(*[GOOD] * 50))
        process.stdin.close()
        assert process.stderr.read() == b"51 messages in the queue\n"
        assert process.wait(30) == 0
    assert len(kafka_tools.wait_for_records(send.topic, 51)) == 51


def test_can_be_interrupted_while_it_waits_for_lines(send: Sender) -> None:
    with send.start("-f", "-") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(_lines(GOOD))
        process.stdin.flush()
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        assert process.stderr is not None
        assert b"Traceback" not in process.stderr.read()


def test_an_absent_queue_is_an_error_where_none_may_be_made(kafka: Broker, send: Sender) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker makes every topic that it is asked for")
    arguments = ("--to", "ann@example.com", "--subject", "Hi", "--text", "Hello")
    code, _, err = send(*arguments, "--kafka-create-topics=false")
    assert code == 1
    assert err == [f"Error: topic {send.topic} does not exist, and KAFKA_CREATE_TOPICS is false"]


def test_an_absent_kafka_ends_with_3() -> None:
    send = Sender(f"127.0.0.1:{free_port()}", "queue")
    with send.start("-f", "-", "--kafka-start-timeout", "1s") as process:
        assert process.stderr is not None
        said = process.stderr.read().decode()
        assert process.wait(30) == 3
    assert said.startswith("Error: Kafka did not answer within 1 s at 127.0.0.1:")
    assert len(said.splitlines()) == 1


def test_no_content_of_a_message_is_told(send: Sender) -> None:
    given = _lines({**GOOD, "to": "ann-secret-address"}, {**GOOD, "text": "secret\x00body"})
    code, out, err = send("-f", "-", given=given)
    assert code == 1
    assert "secret" not in " ".join((*out, *err))
