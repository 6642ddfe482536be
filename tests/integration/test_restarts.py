"""Ends in the middle of the work: graceful ones repeat nothing, violent ones lose nothing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.checkpoints import everything_settled
from tests.support.mails import flat, recipients
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics

ALL = 1000
WORKERS = 10
EVERYBODY = set(recipients(range(ALL)))


@pytest.fixture
def service(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> Iterator[Service]:
    """Amid a thousand mails: a quarter of them is delivered."""
    kafka_tools.create_topic(topics.queue, 4)
    kafka_tools.produce(topics.queue, [flat(number) for number in range(ALL)])
    with services.to(postfix.port) as service:
        service.wait_for(lambda: postfix.count() >= ALL // 4, "a quarter is delivered", 60)
        yield service


@pytest.mark.timeout(240)
def test_sigterm_amid_a_thousand_then_a_start_delivers_each_once(
    service: Service, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    service.terminate()
    assert service.wait() == 0
    assert len(service.named("email.delivered")) < ALL
    service.start()
    wait_until(lambda: everything_settled(kafka_tools, topics), "all is settled", 90)
    postfix.wait_for(ALL, within=60)
    service.terminate()
    assert service.wait() == 0
    arrived = Counter(mail.recipient for mail in postfix.mails())
    assert set(arrived) == EVERYBODY
    assert sum(arrived.values()) == ALL
    assert len(kafka_tools.read_all(topics.results)) == ALL


@pytest.mark.usefixtures("forgets_the_dead")
@pytest.mark.timeout(240)
def test_kill_amid_a_thousand_then_a_start_loses_none_and_repeats_few(
    service: Service, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    service.kill()
    service.wait()
    before = service.named("email.delivered")
    unacknowledged = len(before) - sum(kafka_tools.ends(topics.results).values())
    service.start()
    wait_until(lambda: everything_settled(kafka_tools, topics), "all is settled", 120)
    postfix.wait_for(ALL, within=60)
    service.terminate()
    assert service.wait() == 0
    arrived = Counter(mail.recipient for mail in postfix.mails())
    assert set(arrived) == EVERYBODY
    # What may be repeated: in dialogue, without acknowledged result, or settled since the last
    # checkpoint, which is at most 250 ms old plus its own time: over a second on a busy machine.
    end = _seconds(before[-1]["timestamp"])
    late = [one for one in before if end - _seconds(one["timestamp"]) < 2.0]
    repeated = sum(arrived.values()) - ALL
    assert repeated <= WORKERS + max(0, unacknowledged) + len(late)


def _seconds(timestamp: str) -> float:
    """Of an RFC 3339 time, within its day."""
    hours, minutes, seconds = timestamp[11:].rstrip("Z").split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
