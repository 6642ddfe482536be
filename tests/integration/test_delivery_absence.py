"""Brokers that are away for longer than the client library waits for them."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from app.domain.record import Outgoing
from app.kafka import KafkaConfig, Producer, PublishError, Written
from tests.support.network import Network
from tests.support.waiting import run, until

if TYPE_CHECKING:
    import pytest

    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics


def test_what_a_replaced_producer_held_is_written_once(
    monkeypatch: pytest.MonkeyPatch, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    mails = [Outgoing(topics.queue, 0, None, b"mail-%d" % number) for number in range(3)]

    async def main() -> None:
        network = Network(monkeypatch)
        troubles: list[str | None] = []
        config = KafkaConfig((kafka.brokers,), request_timeout_s=0.5)
        async with Producer(config, on_trouble=troubles.append) as producer:
            await producer.publish([Outgoing(topics.queue, 0, None, b"first")])
            network.cut()
            publishing = asyncio.create_task(producer.publish(mails))
            await until(lambda: len(troubles) > 2, "the producer is being replaced", 30)
            left = [task for task in asyncio.all_tasks() if "_sender_routine" in repr(task)]
            assert not left, "nobody else tries to write what it held"
            network.mend()
            assert all(isinstance(one, Written) for one in await publishing)
            assert troubles[-1] is None

    run(main(), 60)
    written = Counter(one.value for one in kafka_tools.read_all(topics.queue))
    assert written == Counter([b"first", *(mail.value for mail in mails)])


def test_a_record_that_cannot_be_encoded_is_refused_and_the_others_flow(
    kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)
    odd = Outgoing(topics.queue, 0, None, b"odd", (("half a pair \ud800", b"1"),))

    async def main() -> list[Written | PublishError]:
        async with Producer(KafkaConfig((kafka.brokers,))) as producer:
            before, after = (Outgoing(topics.queue, 0, None, value) for value in (b"1", b"2"))
            return await producer.publish([before, odd, after])

    before, refused, after = run(main())
    assert isinstance(before, Written)
    assert isinstance(refused, PublishError)
    assert isinstance(after, Written)
    assert [one.value for one in kafka_tools.read_all(topics.queue)] == [b"1", b"2"]
