"""Reaching the topic of suppressions for one command."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from app.bootstrap.configs import kafka_config
from app.cli.terminal import warn
from app.domain.errors import Fatal, ServerUnreachable
from app.kafka import Admin, KafkaError, wait_for_brokers
from app.state.register import Register

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.settings import Settings

T = TypeVar("T")


def with_register(settings: Settings, topic: str, use: Callable[[Register], Awaitable[T]]) -> T:
    """Open the topic, use it, close it; raises `Fatal` and `ServerUnreachable`."""
    # The library would tell of each try; we tell of what matters.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(_use(settings, topic, use))


async def _use(settings: Settings, topic: str, use: Callable[[Register], Awaitable[T]]) -> T:
    config = kafka_config(settings)
    patience = settings.kafka_start_timeout
    await wait_for_brokers(
        config, patience, lambda waited, why: warn(f"waiting for Kafka for {waited:.0f} s: {why}")
    )
    try:
        async with Admin(config) as admin:
            found = await admin.topics([topic])
        if topic not in found:
            raise Fatal(f"topic {topic} does not exist; the service makes it when it starts")
        register = Register(
            config,
            topic,
            found[topic].partitions,
            answer_s=patience,
            on_trouble=lambda why: warn(f"trying again: {why}") if why else None,
        )
        return await use(register)
    except TimeoutError:
        raise ServerUnreachable(
            "Kafka gave no answer in time; what was to be changed may or may not have been"
        ) from None
    except (KafkaError, OSError) as error:
        text = f"Kafka: {str(error) or type(error).__name__}"
        if isinstance(error, KafkaError) and not error.retriable:
            raise Fatal(text) from None
        raise ServerUnreachable(text) from None
