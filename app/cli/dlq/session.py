"""Running something on the open dead-letter topic, with every failure made an exit code."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, TypeVar

from app.bootstrap.configs import composer_config, decoder_config, kafka_config
from app.cli.terminal import warn
from app.composer import Composer
from app.domain.errors import Fatal, ServerUnreachable
from app.intake.decode import Decoder
from app.intake.glimpse import glimpse
from app.kafka import KafkaError, wait_for_brokers
from app.outcomes.dead_letters import Letters
from app.pipeline.handler import utc_now
from app.pipeline.preview import Previewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.settings import Settings

T = TypeVar("T")


def on_letters(settings: Settings, use: Callable[[Letters], Awaitable[T]]) -> T:
    """Open the topic, use it, close it.

    `ServerUnreachable` while Kafka is away, `Fatal` for what it refuses or does not have.
    """
    # The library would tell of each try; we tell of those that matter.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    return asyncio.run(_run(settings, use))


def previewer(settings: Settings) -> Previewer:
    """Shows what the service would make of a record, with these settings."""
    return Previewer(
        Decoder(decoder_config(settings)), Composer(composer_config(settings)), utc_now
    )


async def _run(settings: Settings, use: Callable[[Letters], Awaitable[T]]) -> T:
    config = kafka_config(settings)
    await wait_for_brokers(
        config,
        settings.kafka_start_timeout,
        lambda waited, trouble: warn(f"waiting for Kafka for {waited:.0f} s: {trouble}"),
    )
    try:
        async with Letters(config, settings.email_dlq_topic, glimpse) as letters:
            return await use(letters)
    except KafkaError as error:
        said = str(error) or type(error).__name__
        if error.retriable:
            raise ServerUnreachable(f"Kafka cannot be reached any more: {said}") from None
        raise Fatal(f"Kafka refuses: {said}") from None
    except TimeoutError as error:
        raise ServerUnreachable(f"Kafka gave no answer in time {error}".rstrip()) from None
    except OSError as error:
        raise ServerUnreachable(f"Kafka cannot be reached any more: {error}") from None
