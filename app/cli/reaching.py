"""Kafka for one command: waited for at start, and each failure made an exit code."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from app.bootstrap.configs import kafka_config
from app.cli.terminal import warn
from app.domain.errors import Fatal, ServerUnreachable
from app.kafka import KafkaError, hush, wait_for_brokers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.kafka import KafkaConfig
    from app.settings import Settings


@asynccontextmanager
async def reached(settings: Settings, *, in_doubt: str = "") -> AsyncIterator[KafkaConfig]:
    """The way to Kafka, as soon as a broker answers.

    What goes wrong inside ends as `ServerUnreachable` while Kafka is away, and as `Fatal` when it
    refuses. `in_doubt` says what may have happened all the same when no answer came.
    """
    # The library would tell of each try; we tell of those that matter.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    hush(asyncio.get_running_loop())
    config = kafka_config(settings)
    await wait_for_brokers(
        config,
        settings.kafka_start_timeout,
        lambda seconds, trouble: warn(f"waiting for Kafka for {seconds:.0f} s: {trouble}"),
    )
    try:
        yield config
    except BrokenPipeError:
        raise  # of our own output: whoever read it has enough
    except KafkaError as error:
        said = str(error) or type(error).__name__
        if error.retriable:
            raise ServerUnreachable(f"Kafka cannot be reached any more: {said}") from None
        raise Fatal(f"Kafka refuses: {said}") from None
    except TimeoutError as error:
        said = f"Kafka gave no answer in time {error}".rstrip()
        raise ServerUnreachable(f"{said}; {in_doubt}" if in_doubt else said) from None
    except OSError as error:
        raise ServerUnreachable(f"Kafka cannot be reached any more: {error}") from None
