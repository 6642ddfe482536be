"""Waiting for the brokers at start."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from app.domain.errors import Fatal, ServerUnreachable
from app.kafka.bounded import bounded, closed
from app.kafka.refusal import is_for_good, knock, reason_of
from app.kafka.token_file import TokenUnreadable

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

    `Fatal` at once where certificate or login are refused, which waiting does not mend, and after
    `timeout_s` where there is no token to log in with.
    `on_wait(seconds waited, last trouble)` is called every 5 s meanwhile.
    """
    started = time.monotonic()
    say_at = started + SAY_EVERY_S
    where = ", ".join(config.brokers)
    while True:
        trouble = await _try_once(config, min(TRY_FOR_S, max(timeout_s, TRY_EVERY_S)))
        if trouble is None:
            return
        reason = reason_of(trouble, config)
        if is_for_good(trouble):
            raise Fatal(f"Kafka at {where}: {reason}")
        now = time.monotonic()
        if now - started >= timeout_s:
            if isinstance(trouble, TokenUnreadable):
                raise Fatal(reason)
            raise ServerUnreachable(
                f"Kafka did not answer within {timeout_s:g} s at {where}: {reason}"
            )
        if now >= say_at:
            on_wait(now - started, reason)
            say_at += SAY_EVERY_S
        await asyncio.sleep(TRY_EVERY_S)


async def _try_once(config: KafkaConfig, seconds: float) -> Exception | None:
    if trouble := await knock(config, seconds):
        return trouble
    client = AIOKafkaAdminClient(**config.client_options())
    try:
        await bounded(client.start(), seconds)
    except (KafkaError, OSError, TimeoutError) as error:
        return error
    finally:
        await closed(client.close(), "admin client", 1.0)
    return None
