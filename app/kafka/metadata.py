"""How a client of the library's keeps up with which brokers there are.

The library asks again without any pause while a partition has no leader or no broker answers, and
it knows only the brokers of its last answer: once those are gone for good, it finds no other.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

if TYPE_CHECKING:
    from app.kafka.config import KafkaConfig

# Each of the library's many tasks tries again after so long; its own 100 ms cost 7 % of a processor
# while no broker answers.
RETRY_BACKOFF_MS = 500
LEAST_PAUSE_S = 0.02
MOST_PAUSE_S = 0.5
CALM_S = 1.0  # after so long without a question the next one may come at once
AFRESH_S = 2.0


def steady(client: Any, config: KafkaConfig) -> None:
    """Teach an `AIOKafkaClient` to pause when it asks again and again, and to begin afresh.

    Afresh means by the configuration's addresses, when no broker that it knows answers.
    """
    client._metadata_update = _Questions(client, config).ask  # noqa: SLF001 - there is no public way


class _Questions:
    def __init__(self, client: Any, config: KafkaConfig) -> None:
        self._ask = client._metadata_update  # noqa: SLF001 - as above
        self._config = config
        self._pause_s = LEAST_PAUSE_S
        self._asked = self._begun_afresh = -AFRESH_S

    async def ask(self, cluster: Any, topics: Any) -> bool:
        """Whether any broker answered; what it said is in `cluster`."""
        since = time.monotonic() - self._asked
        again = since < CALM_S
        self._pause_s = min(self._pause_s * 2, MOST_PAUSE_S) if again else LEAST_PAUSE_S
        await asyncio.sleep(self._pause_s - since)
        self._asked = time.monotonic()
        if await self._ask(cluster, topics):
            return True
        if time.monotonic() < self._begun_afresh + AFRESH_S:
            return False
        self._begun_afresh = time.monotonic()
        return await self._ask_afresh(cluster, topics)

    async def _ask_afresh(self, cluster: Any, topics: Any) -> bool:
        client = AIOKafkaClient(**self._config.client_options())
        try:
            await client.bootstrap()
            return bool(await client._metadata_update(cluster, topics))  # noqa: SLF001 - as above
        except KafkaError:
            return False
        finally:
            await client.close()
