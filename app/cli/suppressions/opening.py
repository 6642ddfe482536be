"""Reaching the topic of suppressions for one command."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from app.cli.progress import Reading
from app.cli.reaching import reached
from app.cli.terminal import warn
from app.domain.errors import Fatal
from app.kafka import Admin
from app.state.register import Register

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.settings import Settings

T = TypeVar("T")


def with_register(settings: Settings, topic: str, use: Callable[[Register], Awaitable[T]]) -> T:
    """Open the topic, use it, close it; raises `Fatal` and `ServerUnreachable`."""
    return asyncio.run(_use(settings, topic, use))


async def _use(settings: Settings, topic: str, use: Callable[[Register], Awaitable[T]]) -> T:
    in_doubt = "what was to be changed may or may not have been"
    async with reached(settings, in_doubt=in_doubt) as config:
        async with Admin(config) as admin:
            found = await admin.topics([topic])
        if topic not in found:
            raise Fatal(
                f"topic {topic} does not exist (EMAIL_SUPPRESSIONS_TOPIC); "
                "the service creates it when it starts"
            )
        reading = Reading("entries")
        register = Register(
            config,
            topic,
            found[topic].partitions,
            answer_s=settings.kafka_start_timeout,
            on_trouble=lambda why: warn(f"trying again: {why}") if why else None,
            on_progress=reading,
        )
        with reading:
            return await use(register)
