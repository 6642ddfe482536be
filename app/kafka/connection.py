"""Waiting for the brokers at start."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from app.domain.errors import ServerUnreachable
from app.kafka.bounded import bounded, closed

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.kafka.config import KafkaConfig

SAY_EVERY_S = 5.0
TRY_EVERY_S = 0.25
TRY_FOR_S = 5.0


async def wait_for_brokers(
    config: KafkaConfig,
    timeout_s: float,
    on_wait: Callable[[float, str], None],
) -> None:
    """Return once a broker answers; `ServerUnreachable` after `timeout_s` seconds.

    `on_wait(seconds waited, last trouble)` is called every 5 s meanwhile.
    """
    started = time.monotonic()
    say_at = started + SAY_EVERY_S
    while True:
        trouble = await _try_once(config, min(TRY_FOR_S, max(timeout_s, TRY_EVERY_S)))
        if trouble is None:
            return
        now = time.monotonic()
        if now - started >= timeout_s:
            raise ServerUnreachable(
                f"Kafka did not answer within {timeout_s:g} s "
                f"at {', '.join(config.brokers)}: {trouble}"
            )
        if now >= say_at:
            on_wait(now - started, trouble)
            say_at += SAY_EVERY_S
        await asyncio.sleep(TRY_EVERY_S)


async def _try_once(config: KafkaConfig, seconds: float) -> str | None:
    client = AIOKafkaAdminClient(**config.client_options())
    try:
        await bounded(client.start(), seconds)
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except (KafkaError, OSError) as error:
        return str(error) or type(error).__name__
    finally:
        await closed(client.close(), "admin client", 1.0)
    return None
