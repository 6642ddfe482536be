"""Members that come and go under load: each message once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.support.checkpoints import everything_settled
from tests.support.mails import flat
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.service import Service
    from tests.support.services import Services
    from tests.support.topics import Topics

FIRST, LATER = 2000, 400
ALL = FIRST + LATER


@pytest.mark.usefixtures("forgets_the_dead")
@pytest.mark.timeout(240)
def test_a_member_joins_and_one_leaves_under_load_and_each_message_arrives_once(
    services: Services, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 4)
    kafka_tools.produce(topics.queue, map(flat, range(FIRST)))

    def member(name: str) -> Service:
        return services.to(
            postfix.port, name=name, EMAIL_WORKER_COUNT="3", EMAIL_WORKER_BUFFER="20"
        )

    with member("first") as first:
        first.wait_for(lambda: postfix.count() >= FIRST // 10, "the first is at work", 60)
        with member("second") as second:
            second.wait_ready()
            # However quick the first was alone, this finds both at work.
            kafka_tools.produce(topics.queue, map(flat, range(FIRST, ALL)))
            second.wait_for_events("email.delivered", 50, within=60)
            first.terminate()
            assert first.wait() == 0
            wait_until(lambda: everything_settled(kafka_tools, topics), "all is settled", 120)
            postfix.wait_for(ALL, within=60)
            second.terminate()
            assert second.wait() == 0
    arrived = Counter(mail.recipient for mail in postfix.mails())
    assert len(arrived) == ALL
    assert sum(arrived.values()) == ALL
    assert len(kafka_tools.read_all(topics.results)) == ALL
