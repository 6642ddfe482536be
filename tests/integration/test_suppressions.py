"""An address that bounced, or that an operator named, gets no more mail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from app.domain.address_digest import address_digest
from tests.support.mails import flat
from tests.support.ports import free_port

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics

PROJECT = Path(__file__).parents[2]
UNKNOWN = "unknown@example.com"


class Verb:
    """`kafka-mailer suppressions` in a process of its own, on a topic of the test's own."""

    def __init__(self, brokers: str, topics: Topics) -> None:
        self._env = os.environ | {
            "KAFKA_BROKERS": brokers,
            "EMAIL_SUPPRESSIONS_TOPIC": topics.suppressions,
            "PYTHONPATH": str(PROJECT),
        }

    def __call__(self, *arguments: str, given: bytes = b"") -> tuple[int, list[str], list[str]]:
        done = subprocess.run(
            [sys.executable, "-m", "app", "suppressions", *arguments],
            env=self._env,
            input=given,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout.decode().splitlines(), done.stderr.decode().splitlines()


@pytest.fixture
def verb(kafka: Broker, topics: Topics) -> Verb:
    return Verb(kafka.brokers, topics)


@dataclass(frozen=True)
class Rig:
    """Services between the test's topics and Postfix."""

    services: Services
    tools: KafkaTools
    topics: Topics
    relay: Postfix

    def service(self, name: str = "one", **env: str) -> Service:
        return self.services.to(self.relay.port, name=name, **env)

    def result(self, number: int, *to: str, queue: str = "") -> dict[str, Any]:
        """Send a mail and give its result."""
        self.tools.produce(queue or self.topics.queue, [flat(number, to=list(to))])
        records = self.tools.wait_for_records(self.topics.results, 1)
        while not (found := [one for one in map(_read, records) if one["id"] == f"flat-{number}"]):
            records = self.tools.wait_for_records(self.topics.results, len(records) + 1)
        return found[0]


def _read(record: Any) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(record.value)
    return found


@pytest.fixture
def rig(services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix) -> Rig:
    kafka_tools.create_topic(topics.queue, 2)
    return Rig(services, kafka_tools, topics, postfix)


def test_a_bounce_suppresses_the_address_here_in_other_instances_and_after_a_restart(
    rig: Rig,
) -> None:
    other = f"{rig.topics.queue}-of-two"
    rig.tools.create_topic(other, 1)
    group = f"{rig.topics.group}-of-two"
    with (
        rig.service("one") as one,
        rig.service("two", KAFKA_TOPIC=other, KAFKA_GROUP_ID=group) as two,
    ):
        two.wait_ready()
        assert rig.result(1, UNKNOWN)["status"] == "dead"
        (note,) = rig.tools.wait_for_records(rig.topics.suppressions, 1)
        assert note.key == address_digest(UNKNOWN).encode()
        it = _read(note)
        assert (it["source"], it["code"], it["mail_id"]) == ("bounce", "550 5.1.1", "flat-1")
        assert UNKNOWN.encode() not in (note.value or b"")

        assert rig.result(2, UNKNOWN, "ann@example.com")["recipients"] == [
            {"address": UNKNOWN, "status": "suppressed", "code": None},
            {"address": "ann@example.com", "status": "delivered", "code": 250},
        ]
        two.wait_for(lambda: two.metric("mailer_suppressions") == 1, "the other knows", 5)
        assert rig.result(3, UNKNOWN, queue=other)["status"] == "suppressed"

        one.terminate()
        assert one.wait() == 0
        one.start()
        last = rig.result(4, UNKNOWN)
    assert (last["status"], last["error_kind"], last["attempt"]) == ("suppressed", "suppressed", 0)
    assert last["reply"] == "the address is suppressed since mail to it bounced"
    assert len(rig.tools.read_all(rig.topics.dlq)) == 1, "only the one that bounced"


def test_an_entry_made_by_a_bounce_ends_with_its_time(rig: Rig) -> None:
    with rig.service(SUPPRESSION_TTL="1s") as service:
        assert rig.result(1, UNKNOWN)["status"] == "dead"
        statuses = []
        number = 1

        def tried_again() -> bool:
            nonlocal number
            number += 1
            statuses.append(rig.result(number, UNKNOWN)["status"])
            return bool(statuses[-1] == "dead")

        service.wait_for(tried_again, "mail goes there again")
    assert set(statuses[:-1]) <= {"suppressed"}


def test_what_an_operator_adds_and_removes_is_followed_while_the_service_runs(
    rig: Rig, verb: Verb
) -> None:
    with rig.service() as service:
        service.wait_ready()
        assert verb("add", "ann@example.com")[:2] == (0, ["added  a***@example.com"])
        service.wait_for(lambda: service.metric("mailer_suppressions") == 1, "it knows", 5)
        suppressed = rig.result(1, "ann@example.com")
        assert suppressed["status"] == "suppressed"
        assert suppressed["reply"] == "the address is suppressed by hand"
        assert verb("remove", "Ann@example.com")[:2] == (0, ["removed  A***@example.com"])
        service.wait_for(lambda: service.metric("mailer_suppressions") == 0, "it knows", 5)
        assert rig.result(2, "ann@example.com")["status"] == "delivered"
        assert rig.tools.read_all(rig.topics.dlq) == []


def test_an_empty_setting_turns_it_off(rig: Rig) -> None:
    with rig.service(EMAIL_SUPPRESSIONS_TOPIC=""):
        for number in (1, 2):
            assert rig.result(number, UNKNOWN)["status"] == "dead"
    assert rig.topics.suppressions not in rig.tools.list_topics()


def test_a_topic_that_refuses_entries_holds_nothing_up(rig: Rig, kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker does not enforce max.message.bytes")
    rig.tools.create_topic(rig.topics.suppressions, 1, {"max.message.bytes": "100"})
    with rig.service() as service:
        assert rig.result(1, UNKNOWN)["status"] == "dead"
        service.wait_for(
            lambda: service.metric("mailer_suppressions_refused_total") == 1, "it is counted"
        )
        assert rig.result(2, UNKNOWN)["status"] == "suppressed"
        said = "an address that bounced is not entered"
        service.wait_for(lambda: said in service.output, "it is said")
        assert "cleanup.policy" in service.output, "and that such a topic forgets"
        service.terminate()
        assert service.wait() == 0


def test_the_verb_lists_checks_and_names_bad_lines(rig: Rig, verb: Verb, tmp_path: Path) -> None:
    rig.tools.create_topic(rig.topics.suppressions, 2, {"cleanup.policy": "compact"})
    lines = tmp_path / "addresses.txt"
    lines.write_text("bob@example.com\nnobody\n\ncid@example.com\n")
    code, out, err = verb("add", "--file", str(lines), "--reason", "asked us to", "--for", "1d")
    assert (code, out) == (
        1,
        ["line 1: added  b***@example.com", "line 4: added  c***@example.com"],
    )
    assert err == [
        "Error: line 2: is not a mail address (***): An email address must have an @-sign."
    ]
    assert verb("add", "ann@example.com", "--json")[1] == [
        json.dumps({"digest": address_digest("ann@example.com"), "done": "added"})
    ]

    code, out, _ = verb("list")
    assert (code, len(out)) == (0, 4)
    assert out[0].split() == ["Digest", "Source", "Age", "Until", "(UTC)", "Reason"]
    assert "asked us to" in out[1]
    assert "for ever" in out[3]
    assert address_digest("ann@example.com") in out[3]
    listed = [json.loads(line) for line in verb("list", "--source", "manual", "--json")[1]]
    assert {one["digest"] for one in listed} == {
        address_digest(f"{name}@example.com") for name in ("ann", "bob", "cid")
    }
    assert verb("list", "--source", "bounce", "--json")[:2] == (0, [])
    assert verb("list", "--expired", "--json")[:2] == (0, [])

    code, out, _ = verb("check", "Bob <bob@example.com>")
    assert (code, len(out)) == (0, 1)
    assert out[0].startswith("b***@example.com is suppressed: manual")
    assert verb("check", "dan@example.com")[:2] == (1, ["d***@example.com is not suppressed"])
    code, out, _ = verb("check", address_digest("cid@example.com"), "--json")
    assert (code, json.loads(out[0])["suppressed"]) == (0, True)

    assert verb("remove", "dan@example.com", "-f", "-", given=b"bob@example.com\n")[:2] == (
        0,
        ["not there  d***@example.com", "line 1: removed  b***@example.com"],
    )
    assert len(verb("list", "--json")[1]) == 2


def test_the_verb_says_when_there_is_no_topic_or_no_kafka(
    rig: Rig, verb: Verb, topics: Topics, kafka: Broker
) -> None:
    absent = Verb(f"127.0.0.1:{free_port()}", topics)
    code, _, err = absent("list", "--kafka-start-timeout", "1s")
    assert code == 3
    assert err[0].startswith("Error: Kafka did not answer within 1 s at 127.0.0.1:")
    if kafka.is_apache:
        code, _, err = verb("list")
        assert code == 1
        assert err[0].startswith(f"Error: topic {topics.suppressions} does not exist (EMAIL_SUPPR")
