"""Changing how large a record a topic takes."""

from __future__ import annotations

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.support.kafka_clients import admin
from tests.support.waiting import run


def change(brokers: str, topic: str, most_bytes: int) -> None:
    """Sets the topic's `max.message.bytes`."""
    run(_change(brokers, topic, str(most_bytes)))


async def _change(brokers: str, topic: str, most_bytes: str) -> None:
    resource = ConfigResource(
        ConfigResourceType.TOPIC, topic, configs={"max.message.bytes": most_bytes}
    )
    async with admin(brokers) as client:
        await client.alter_configs([resource])
