"""Topics that are deleted while the service runs: it waits for them, and nothing is lost."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from app.intake.checkpoint import Checkpoint
from tests.faults.usage import cpu_s
from tests.support.checkpoints import checkpoint
from tests.support.mails import flat, recipients
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.relay_thread import RelayThread
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics

IN_A_THOUSAND_YEARS = "2999-01-01T00:00:00Z"
MAILS = 6
WAITS_S = 5.0
MOST_CPU = 0.05
MOST_LINES = 15


@pytest.fixture(autouse=True)
def _needs_apache(kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker does not delete topics")


def tier(topics: Topics) -> str:
    return f"{topics.queue}-retry-30s"


def health(service: Service) -> str:
    """What `/health/ready` says while it does not say 200."""
    try:
        with urllib.request.urlopen(f"{service.url}/health/ready", timeout=5.0):
            return ""
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.read().decode()


def spends_next_to_nothing(service: Service) -> None:
    """AssertionError when it takes more than a twentieth of a processor while it waits."""
    pid = service.process.pid
    began, used = time.monotonic(), cpu_s(pid)
    wait_until(lambda: time.monotonic() > began + WAITS_S, "a while", WAITS_S * 2)
    share = (cpu_s(pid) - used) / (time.monotonic() - began)
    assert share < MOST_CPU


def said_little(service: Service, before: int, gone: list[str]) -> None:
    """AssertionError unless the log has named these topics since, in few lines."""
    said = [one for one in service.events[before:] if one["logger"] != "mail"]
    assert len(said) <= MOST_LINES, said
    told = [one["event"] for one in said if "there is no topic" in one["event"]]
    assert told
    assert all(topic in told[-1] for topic in gone)


@pytest.mark.parametrize("what", ["results", "tier and dead letters"])
def test_what_cannot_be_written_stays_unsettled_until_its_topic_is_back(
    what: str, services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    gone = [topics.results]
    bad: list[dict[str, str]] = [{}]
    if what != "results":
        gone = [tier(topics), topics.dlq]
        bad = [{"send_at": IN_A_THOUSAND_YEARS}, {"to": "nobody"}]
    each = MAILS // len(gone)
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, [flat(n, **bad[n % len(bad)]) for n in range(MAILS)])
    with services.to(relay.port, RETRY_DELAYS="30s") as service:
        for topic in gone:
            kafka_tools.wait_for_records(topic, each)
        service.wait_for(lambda: checkpoint(kafka_tools, topics) == Checkpoint(MAILS), "settled")
        kafka_tools.delete_topics(gone)
        lines = len(service.events)
        late = range(MAILS, 2 * MAILS)
        kafka_tools.produce(topics.queue, [flat(n, **bad[n % len(bad)]) for n in late])
        waiting = Checkpoint(2 * MAILS, tuple(late))
        service.wait_for(lambda: checkpoint(kafka_tools, topics) == waiting, "nothing is settled")
        for topic in gone:
            service.wait_for(lambda: topic in health(service), "health says which")  # noqa: B023 - called at once
        spends_next_to_nothing(service)
        assert checkpoint(kafka_tools, topics) == waiting
        said_little(service, lines, gone)
        for topic in gone:
            kafka_tools.create_topic(topic, 1)
            assert len(kafka_tools.wait_for_records(topic, each)) == each
        service.wait_for(
            lambda: checkpoint(kafka_tools, topics) == Checkpoint(2 * MAILS), "all is settled"
        )
        service.wait_ready()
        service.terminate()
        assert service.wait() == 0


def test_the_queue_is_read_again_once_it_is_back(
    services: Services, kafka_tools: KafkaTools, topics: Topics, relay: RelayThread
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    kafka_tools.produce(topics.queue, map(flat, range(MAILS)))
    with services.to(relay.port, RETRY_DELAYS="30s") as service:
        relay.wait_for(MAILS)
        service.wait_for(lambda: checkpoint(kafka_tools, topics) == Checkpoint(MAILS), "settled")
        kafka_tools.delete_topics([topics.queue])
        lines = len(service.events)
        service.wait_for(lambda: topics.queue in health(service), "health says which")
        spends_next_to_nothing(service)
        said_little(service, lines, [topics.queue])
        kafka_tools.create_topic(topics.queue, 1)
        kafka_tools.produce(topics.queue, map(flat, range(MAILS, 2 * MAILS)))
        relay.wait_for(2 * MAILS)
        service.wait_ready()
        service.terminate()
        assert service.wait() == 0
    assert sorted(relay.recipients) == sorted(recipients(range(2 * MAILS)))
