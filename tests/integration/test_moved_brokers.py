"""Brokers that came back elsewhere: every address that a client has learnt is dead."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka.structs import BrokerMetadata

from app.domain.record import Outgoing
from app.kafka import KafkaConfig, Producer, Written
from tests.support.ports import free_port
from tests.support.waiting import run

if TYPE_CHECKING:
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.topics import Topics


def _move(client: Any) -> None:
    client.cluster._brokers = {7: BrokerMetadata(7, "127.0.0.1", free_port(), None)}
    for connection in client._conns.values():
        connection.close()
    client._conns.clear()


def test_they_are_found_again_by_the_configured_addresses(
    kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue)

    async def scenario() -> None:
        async with Producer(KafkaConfig((kafka.brokers,))) as producer:
            await producer.publish([Outgoing(topics.queue, 0, None, b"before")])
            _move(producer._client.client)
            async with asyncio.timeout(10):
                (answer,) = await producer.publish([Outgoing(topics.queue, 0, None, b"after")])
            assert isinstance(answer, Written)

    run(scenario())
    assert [one.value for one in kafka_tools.read_all(topics.queue)] == [b"before", b"after"]
