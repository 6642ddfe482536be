"""What an operator sees of dead letters, and how they get rid of them, on a real broker."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import orjson
import pytest

from tests.support.dead_letters import FAILED_AT, dead
from tests.support.kafka_tools import Produced
from tests.support.mails import flat
from tests.support.smtp_actions import Say

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.command_line import CommandLine
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.services import Services
    from tests.support.topics import Topics

DAY_MS = 86_400_000


def test_refused_mails_are_seen_counted_and_after_mending_sent_by_a_replay(
    services: Services,
    kafka_tools: KafkaTools,
    topics: Topics,
    dlq: CommandLine,
    relay: RelayThread,
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    relay.server.on("RCPT", *[Say("550 5.7.1 <ann@example.com>: not today")] * 2)
    service = services.to(relay.port)
    kafka_tools.produce(
        topics.queue, [flat(1, type="receipt"), flat(2, type="receipt", retry_count=0)]
    )
    with service:
        kafka_tools.wait_for_records(topics.dlq, 2)
        assert f"{topics.dlq}-state" in kafka_tools.list_topics()
        table = dlq("list").out.splitlines()
        assert table[0].split() == ["Place", "Age", "Id", "Type", "Kind", "Code", "Error"]
        assert [row.split()[0] for row in table[1:]] == ["0/0", "0/1"]
        assert "flat-1  receipt  policy  550 5.7.1  <a***@example.com>: not today" in table[1]
        shown = dlq("show", "--id", "flat-1").out
        assert "reason      policy 550 5.7.1: <ann@example.com>: not today" in shown
        assert "This is message 1." in shown
        stats = orjson.loads(dlq("stats", "--json").out)
        assert (stats["letters"], stats["kinds"]) == (2, {"policy": 2})
        assert stats["domains"] == {"example.com": 2}
        assert dlq("replay", "--all").code == 0
        assert sorted(relay.wait_for(2)) == ["flat-1@example.com", "flat-2@example.com"]
        results = kafka_tools.wait_for_records(topics.results, 4)
        service.terminate()
        assert service.wait() == 0
    last = [orjson.loads(one.value or b"") for one in results][2:]
    # Counted from the start again, under the id and Message-ID that they had.
    assert [(one["status"], one["attempt"]) for one in last] == [("delivered", 1)] * 2
    assert orjson.loads(dlq("stats", "--json").out)["replayed"] == 2


def test_whatever_stands_in_the_topic_is_listed_as_what_it_is(
    kafka_tools: KafkaTools, topics: Topics, dlq: CommandLine
) -> None:
    kafka_tools.create_topic(topics.dlq, 1)
    kafka_tools.produce(
        topics.dlq,
        [
            dead(1, mail_attempt=b"many", mail_origin=b"\xff", mail_recipients=b"{"),
            Produced(b"\x00\xff not JSON", headers=[("x", b"y")]),
            Produced(None, key=b"k"),
            dead(4, mail_error_text="\x1b[31mred\x9b".encode(), mail_error_kind=b"[bold]"),
        ],
    )
    listed = dlq("list")
    assert listed.code == 0
    assert len(listed.out.splitlines()) == 5
    assert "\x1b" not in listed.out
    assert "\x9b" not in listed.out
    lines = {one["offset"]: one for one in dlq("list", "--json").lines}
    assert {note.split(" ")[0] for note in lines[0]["notes"]} == {
        "mail-attempt",
        "mail-origin",
        "mail-recipients",
    }
    assert lines[1]["id"] == f"{topics.dlq}-0-1"
    for offset in range(4):
        shown = dlq("show", f"0/{offset}")
        assert (shown.code, "\x1b" in shown.out) == (0, False), shown.err
    assert "cannot be made: value: is not UTF-8" in dlq("show", "0/1").out
    assert dlq("stats").code == 0


def test_filters_select_and_the_newest_are_shown_last(
    kafka_tools: KafkaTools, topics: Topics, dlq: CommandLine
) -> None:
    kafka_tools.create_topic(topics.dlq, 2)
    times = {number: b"%d" % (FAILED_AT + number * DAY_MS) for number in range(5)}
    kafka_tools.produce(
        topics.dlq,
        [dead(number, number % 2, mail_failed_at=times[number]) for number in (3, 0, 4, 1, 2)],
    )
    kafka_tools.produce(
        topics.dlq, [dead(9, mail_error_kind=b"policy", mail_error_text=b"Message too long")]
    )

    def ids(*flags: str) -> list[str]:
        done = dlq("list", "--json", "--limit", "100", *flags)
        assert done.code == 0, done.err
        return [one["id"] for one in done.lines]

    assert ids("--kind", "recipient") == ["flat-0", "flat-1", "flat-2", "flat-3", "flat-4"]
    assert ids("--text", "TOO LONG") == ["flat-9"]
    assert ids("--id", "flat-2", "--id", "flat-3") == ["flat-2", "flat-3"]
    assert ids("--since", "2026-01-03", "--until", "2026-01-05") == ["flat-2", "flat-3"]
    assert ids("--newer-than", "1s") == []
    few = dlq("list", "--limit", "2")
    assert len(few.out.splitlines()) == 3
    assert few.err == "4 older letters not shown: --limit shows more\n"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("7/0", "has partitions 0 to 0"),
        ("0/5", "partition 0 of {dlq} holds offsets 0 to 0"),
    ],
)
def test_a_place_that_is_not_there_is_an_error_that_says_what_is(
    place: str, said: str, kafka_tools: KafkaTools, topics: Topics, dlq: CommandLine
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(topics.dlq, 1)
    kafka_tools.produce(topics.dlq, [dead(1)])
    for verb in ("show", "replay"):
        done = dlq(verb, place)
        assert done.code == 1
        assert f"Error: no dead letter at {place}: " in done.err
        assert said.format(dlq=topics.dlq) in done.err


def test_an_absent_topic_is_an_error(topics: Topics, dlq: CommandLine) -> None:
    done = dlq("list")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f"Error: topic {topics.dlq} does not exist (EMAIL_DLQ_TOPIC); ")


def test_a_mail_can_be_printed_by_its_parts(
    kafka_tools: KafkaTools, topics: Topics, dlq: CommandLine
) -> None:
    kafka_tools.create_topic(topics.dlq, 1)
    welcome = flat(1, template="welcome", data={"name": "Ann", "link": "https://example.com/x"})
    del welcome["text"]
    kafka_tools.produce(topics.dlq, [Produced(welcome), Produced(flat(2, template="nonsense"))])
    assert "Ann" in dlq("show", "0/0", "--part", "text").out
    assert "<a " in dlq("show", "0/0", "--part", "html").out
    assert "Message-ID: <" in dlq("show", "0/0", "--part", "raw").out
    shown = orjson.loads(dlq("show", "0/0", "--json").out)
    assert shown["message"] == welcome
    assert "Ann" in shown["mail"]["text"]
    assert "nonsense" in orjson.loads(dlq("show", "0/1", "--json").out)["problem"]
    assert dlq("show", "0/1", "--part", "html").code == 1


def test_purge_deletes_the_beginning_of_each_partition_and_forgets_its_marks(
    kafka: Broker, kafka_tools: KafkaTools, topics: Topics, dlq: CommandLine
) -> None:
    if not kafka.is_apache:
        pytest.skip("DeleteRecords is Kafka's own")
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.create_topic(topics.dlq, 2)
    now = round(time.time() * 1000)
    old = Produced(flat(1), partition=0, timestamp_ms=now - 3 * DAY_MS)
    young = Produced(flat(2), partition=0, timestamp_ms=now)
    kafka_tools.produce(topics.dlq, [old, old, young, old])
    kafka_tools.produce(topics.dlq, [Produced(flat(3), partition=1, timestamp_ms=now)])
    assert dlq("replay", "0/0", "0/2").code == 0
    assert dlq("purge", "--older-than", "1d").code == 2
    foreseen = dlq("purge", "--older-than", "1d", "--dry-run")
    assert foreseen.code == 0
    assert "offsets 0 to 1  offsets 2 to 3" in foreseen.out
    assert len(kafka_tools.read_all(topics.dlq)) == 5
    done = dlq("purge", "--older-than", "1d", "--yes", "--json")
    assert (done.code, done.err) == (0, "2 dead letters deleted\n")
    assert done.lines[0] == {"partition": 0, "first": 0, "before": 2, "end": 4, "deleted": True}
    left = [(one.partition, one.offset) for one in kafka_tools.read_all(topics.dlq)]
    assert left == [(0, 2), (0, 3), (1, 0)]
    marks = {one.key: one.value for one in kafka_tools.read_committed(f"{topics.dlq}-state")}
    assert marks[b"0/0"] is None
    assert marks[b"0/2"] is not None
    assert dlq("purge", "--all", "--yes").code == 0
    assert kafka_tools.read_all(topics.dlq) == []
    assert dlq("list").err == f"no dead letters in {topics.dlq}\n"
