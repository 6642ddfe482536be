"""Running something on the open dead-letter topic."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from app.bootstrap.configs import decoder_config
from app.bootstrap.templates import new_composer
from app.cli.progress import Reading
from app.cli.reaching import reached
from app.intake.decode import Decoder
from app.intake.glimpse import glimpse
from app.outcomes.dead_letters import Letters
from app.pipeline.handler import utc_now
from app.pipeline.preview import Previewer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from app.settings import Settings

T = TypeVar("T")


def on_letters(
    settings: Settings, use: Callable[[Letters], Awaitable[T]], *, bar: bool = True
) -> T:
    """Open the topic, use it, close it; with a bar while it is read, unless there is another.

    `ServerUnreachable` while Kafka is away, `Fatal` for what it refuses or does not have.
    """
    return asyncio.run(_run(settings, use, bar=bar))


def previewer(settings: Settings) -> Previewer:
    """Shows what the service would make of a record, with these settings."""
    return Previewer(Decoder(decoder_config(settings)), new_composer(settings), utc_now)


async def _run(settings: Settings, use: Callable[[Letters], Awaitable[T]], *, bar: bool) -> T:
    reading = Reading()
    with reading:
        async with (
            reached(settings) as config,
            Letters(config, settings.email_dlq_topic, glimpse, reading if bar else None) as letters,
        ):
            return await use(letters)
