"""Rights that Kafka does not grant, at start or any more: named, survived, and nothing is lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.usage import cpu_s
from tests.support.checkpoints import everything_settled
from tests.support.guarded_kafka import GROUP, TOPIC, GuardedKafka, guarded_kafka
from tests.support.kafka_tools import KafkaTools
from tests.support.mails import flat, recipients
from tests.support.services import Services
from tests.support.smtp_actions import Say
from tests.support.topics import Topics
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service

Rights = dict[tuple[int, str], tuple[str, ...]]


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GuardedKafka]:
    with guarded_kafka(tmp_path_factory.mktemp("guarded")) as kafka:
        yield kafka


@pytest.fixture(scope="module")
def tools(guarded: GuardedKafka) -> KafkaTools:
    return KafkaTools(guarded.node.brokers)


@pytest.fixture
def names(tools: KafkaTools) -> Topics:
    """The service's topics are there already."""
    names = Topics.unique()
    for topic in (names.queue, tier(names), names.dlq, names.results, names.suppressions):
        tools.create_topic(topic, 1)
    return names


def tier(names: Topics) -> str:
    return f"{names.queue}-retry-30s"


def needed(names: Topics) -> Rights:
    return {
        (TOPIC, names.queue): ("READ", "DESCRIBE_CONFIGS"),
        (TOPIC, tier(names)): ("READ", "WRITE"),
        (TOPIC, names.dlq): ("WRITE",),
        (TOPIC, names.results): ("WRITE",),
        (TOPIC, names.suppressions): ("READ", "WRITE"),
        (GROUP, names.group): ("READ",),
        (GROUP, f"{names.group}-retry"): ("READ",),
    }


def grant(guarded: GuardedKafka, rights: Rights) -> None:
    for (kind, name), operations in rights.items():
        guarded.grant(kind, name, *operations)


def on(folder: Path, guarded: GuardedKafka, names: Topics, relay: RelayThread) -> Service:
    env = {**guarded.env(), "RETRY_DELAYS": "30s", "SHUTDOWN_TIMEOUT": "5s"}
    return Services(folder, env["KAFKA_BROKERS"], names).to(relay.port, **env)


def spends_little(service: Service, seconds: float = 3.0) -> None:
    """AssertionError when it takes more than a third of a processor."""
    deadline = time.monotonic() + seconds
    before = cpu_s(service.process.pid)
    wait_until(lambda: time.monotonic() > deadline, "a while", seconds * 2)
    assert cpu_s(service.process.pid) - before < seconds / 3


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("READ on topic {queue}", "topic {queue} could not be created"),
        ("DESCRIBE_CONFIGS on topic {queue}", None),
        ("READ on topic {tier}", None),
        ("WRITE on topic {tier}", None),
        ("WRITE on topic {dlq}", "topic {dlq} could not be created"),
        ("WRITE on topic {results}", "topic {results} could not be created"),
        ("WRITE on topic {suppressions}", None),
        ("READ on group {group}", None),
        ("READ on group {group}-retry", None),
    ],
)
def test_a_right_that_is_missing_at_start_is_named(
    left_out: str,
    said: str | None,
    tmp_path: Path,
    guarded: GuardedKafka,
    names: Topics,
    relay: RelayThread,
) -> None:
    places = {
        "queue": names.queue,
        "tier": tier(names),
        "dlq": names.dlq,
        "results": names.results,
        "suppressions": names.suppressions,
        "group": names.group,
    }
    missing = left_out.format_map(places)
    rights = {
        (kind, name): tuple(
            right
            for right in operations
            if f"{right} on {'topic' if kind == TOPIC else 'group'} {name}" != missing
        )
        for (kind, name), operations in needed(names).items()
    }
    grant(guarded, rights)
    with on(tmp_path, guarded, names, relay) as service:
        assert service.wait(30) == 1, service.output
    assert (said or left_out).format_map(places) in service.output
    assert "Traceback" not in service.output


def test_every_missing_right_is_named_at_once(
    tmp_path: Path, guarded: GuardedKafka, names: Topics, relay: RelayThread
) -> None:
    grant(guarded, {(TOPIC, names.queue): ("DESCRIBE", "DESCRIBE_CONFIGS")})
    for topic in (tier(names), names.dlq, names.results, names.suppressions):
        guarded.grant(TOPIC, topic, "DESCRIBE")
    with on(tmp_path, guarded, names, relay) as service:
        assert service.wait(30) == 1
    expected = ", ".join(
        [
            f"READ on topic {names.queue}",
            f"READ on topic {tier(names)}",
            f"WRITE on topic {tier(names)}",
            f"WRITE on topic {names.dlq}",
            f"WRITE on topic {names.results}",
            f"READ on topic {names.suppressions}",
            f"WRITE on topic {names.suppressions}",
            f"READ on group {names.group}",
            f"READ on group {names.group}-retry",
        ]
    )
    assert f"Kafka does not grant what is needed: {expected}" in service.output


def test_what_may_not_be_created_is_named(
    tmp_path: Path, guarded: GuardedKafka, relay: RelayThread
) -> None:
    nothing = Topics.unique()
    with on(tmp_path, guarded, nothing, relay) as service:
        assert service.wait(30) == 1
    assert f"topic {nothing.queue} could not be created" in service.output
    assert "does not grant CREATE" in service.output
    assert "Traceback" not in service.output


@pytest.mark.parametrize("what", ["queue", "group"])
@pytest.mark.timeout(120)
def test_the_right_to_read_is_withdrawn_and_given_back(
    what: str,
    tmp_path: Path,
    guarded: GuardedKafka,
    tools: KafkaTools,
    names: Topics,
    relay: RelayThread,
) -> None:
    grant(guarded, needed(names))
    right = (TOPIC, names.queue) if what == "queue" else (GROUP, names.group)
    tools.produce(names.queue, map(flat, range(10)))
    with on(tmp_path, guarded, names, relay) as service:
        relay.wait_for(10)
        service.wait_ready()
        wait_until(lambda: everything_settled(tools, names), "all is settled")
        guarded.withdraw(*right, "READ")
        service.wait_for(lambda: service.health() == 503, "health says so")
        spends_little(service)
        # All is committed, and renewed every 3 s: that may be refused, too, before the partition is
        # given back, after which there is nothing to renew.
        assert {"reading"} <= service.issues().keys() <= {"reading", "checkpoints"}
        said = [one for one in service.events if "reading the queue: " in one["event"]]
        assert len(said) <= 3, said
        assert "Kafka does not grant READ on " in said[0]["event"]
        assert right[1] in said[0]["event"]
        tools.produce(names.queue, map(flat, range(10, 20)))
        guarded.grant(*right, "READ")
        relay.wait_for(20, within=40)
        wait_until(lambda: everything_settled(tools, names), "all is settled", 30)
        service.wait_ready()
        service.terminate()
        assert service.wait() == 0
    assert set(relay.recipients) == set(recipients(range(20)))
    assert "Traceback" not in service.output


@pytest.mark.parametrize("what", ["dead letters", "tier"])
@pytest.mark.timeout(120)
def test_letters_wait_unsettled_for_the_right_to_be_written(
    what: str,
    tmp_path: Path,
    guarded: GuardedKafka,
    tools: KafkaTools,
    names: Topics,
    relay: RelayThread,
) -> None:
    grant(guarded, needed(names))
    topic = names.dlq if what == "dead letters" else tier(names)
    bad = {"send_at": "2999-01-01T00:00:00Z"} if what == "tier" else {"to": "nobody"}
    with on(tmp_path, guarded, names, relay) as service:
        service.wait_ready()
        guarded.withdraw(TOPIC, topic, "WRITE")
        tools.produce(names.queue, [flat(n, **(bad if n % 2 else {})) for n in range(20)])
        relay.wait_for(10)
        service.wait_for(lambda: service.health() == 503, "health says so")
        assert f"topic {topic} refuses the record: Kafka does not grant WRITE" in service.output
        assert "publishing" in service.issues()
        spends_little(service)
        assert not tools.read_all(topic)
        assert not everything_settled(tools, names)
        guarded.grant(TOPIC, topic, "WRITE")
        wait_until(lambda: everything_settled(tools, names), "all is settled", 40)
        service.wait_ready()
        service.terminate()
        assert service.wait() == 0
    assert len(tools.read_all(topic)) == 10
    assert len([one for one in service.events if "refuses the record" in one["event"]]) <= 4


def test_what_may_not_be_written_beside_holds_up_nothing(
    tmp_path: Path, guarded: GuardedKafka, tools: KafkaTools, names: Topics, relay: RelayThread
) -> None:
    grant(guarded, needed(names))
    with on(tmp_path, guarded, names, relay) as service:
        service.wait_ready()
        guarded.withdraw(TOPIC, names.results, "WRITE")
        guarded.withdraw(TOPIC, names.suppressions, "READ", "WRITE")
        relay.server.on("RCPT", Say("550 5.1.1 no such user"))
        tools.produce(names.queue, map(flat, range(301)))
        relay.wait_for(300)
        wait_until(lambda: everything_settled(tools, names), "all is settled")
        told = {"results_refused", "suppressions_refused", "suppressions_stale"}
        service.wait_for(lambda: service.issues().keys() == told, "health tells of each")
        assert service.health() == 200
        service.terminate()
        assert service.wait() == 0
    said = [one for one in service.events if "a result is not written" in one["event"]]
    assert 1 <= len(said) <= 3
    assert said[0]["level"] == "error"
