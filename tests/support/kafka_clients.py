"""The library's own clients, for what the tests ask and change beside the service."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LARGEST = 64 << 20


@asynccontextmanager
async def admin(brokers: str) -> AsyncIterator[Any]:
    client = AIOKafkaAdminClient(bootstrap_servers=brokers)
    try:
        await client.start()
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def producer(brokers: str) -> AsyncIterator[Any]:
    client = AIOKafkaProducer(
        bootstrap_servers=brokers, acks="all", linger_ms=5, max_request_size=LARGEST
    )
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def reader(brokers: str, isolation: str = "read_uncommitted") -> AsyncIterator[Any]:
    client = AIOKafkaConsumer(
        bootstrap_servers=brokers,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation,
        max_partition_fetch_bytes=LARGEST,
        fetch_max_bytes=LARGEST,
    )
    try:
        await client.start()
        yield client
    finally:
        await client.stop()


@dataclass(frozen=True, slots=True)
class Group:
    """As its coordinator tells it."""

    state: str
    client_ids: frozenset[str]


async def group(brokers: str, name: str) -> Group:
    async with admin(brokers) as client:
        (response,) = await client.describe_consumer_groups([name])
    (found,) = response.groups
    return Group(str(found[2]), frozenset(str(member[1]) for member in found[5]))
