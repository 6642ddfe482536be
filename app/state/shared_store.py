"""Redis or Valkey, which may be away: then it is left alone, and asked now and then."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis.commands.core import AsyncScript

    from app.domain.vitals import Vitals

log = logging.getLogger(__name__)

ANSWER_S = 0.25
LOOK_EVERY_S = 1.0
CONNECTIONS = 16
SCHEMES = {"valkey": "redis", "valkeys": "rediss"}


class StoreAway(Exception):
    """The store cannot be asked now; health says why."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A script with its keys and arguments, that does what the others do and leaves nothing."""

    script: AsyncScript
    keys: Sequence[str]
    arguments: Sequence[str | int]


class SharedStore:
    """Runs scripts there, each within `answer_s` seconds.

    After one failure every call fails at once until a probe, once a second, has succeeded: a
    store that hangs costs a few mails that time, and all others none. `lost` says to health and
    log what is not kept meanwhile.
    """

    def __init__(self, url: str, vitals: Vitals, *, lost: str, answer_s: float = ANSWER_S) -> None:
        self._vitals = vitals
        self._lost = lost
        self._answer_s = answer_s
        self._away = False
        self._client = _client(url, answer_s)

    def script(self, text: str) -> AsyncScript:
        """A Lua script, sent whole only where the server does not know it."""
        return self._client.register_script(text)

    async def ask(
        self, script: AsyncScript, keys: Sequence[str], arguments: Sequence[str | int]
    ) -> Any:
        """The script's answer; raises `StoreAway`."""
        if self._away:
            raise StoreAway
        return await self._ask(script, keys, arguments)

    async def watch(self, probe: Probe) -> None:
        """Ask once a second, until cancelled; so health knows of an absence before a mail does."""
        while True:
            with contextlib.suppress(StoreAway):  # which health has been told
                await self.knock(probe)
            await asyncio.sleep(LOOK_EVERY_S)

    async def knock(self, probe: Probe) -> Any:
        """Its answer, asked for also while the store is away, which ends that; `StoreAway`."""
        answer = await self._ask(probe.script, probe.keys, probe.arguments)
        self._away = False
        self._vitals.trouble(None)
        return answer

    async def close(self) -> None:
        await _close(self._client, self._answer_s)

    async def _ask(
        self, script: AsyncScript, keys: Sequence[str], arguments: Sequence[str | int]
    ) -> Any:
        cancels = _cancels()
        try:
            async with asyncio.timeout(self._answer_s):
                answer = await script(keys=keys, args=arguments)
        except Exception as error:
            if _cancels() > cancels:
                raise asyncio.CancelledError from error
            # Whatever it is: mail flows.
            self._away = True
            self._vitals.trouble(f"{self._lost}: {self._said(error)}")
            raise StoreAway from error
        if _cancels() > cancels:
            raise asyncio.CancelledError
        return answer

    def _said(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"no answer within {self._answer_s * 1000:.0f} ms"
        return str(error) or type(error).__name__


async def answer_of(url: str, seconds: float) -> str | None:
    """Ask the store at a URL once; what is wrong, None where nothing is."""
    client = _client(url, seconds)
    try:
        async with asyncio.timeout(seconds):
            await client.register_script("return 1")()
    except TimeoutError:
        return f"no answer within {seconds:g} s"
    except (RedisError, OSError) as error:
        return str(error) or type(error).__name__
    finally:
        await _close(client, seconds)
    return None


def _client(url: str, answer_s: float) -> Redis:
    scheme, _, rest = url.partition("://")
    scheme = SCHEMES.get(scheme.lower(), scheme.lower())
    return Redis.from_pool(
        BlockingConnectionPool.from_url(
            f"{scheme}://{rest}",
            max_connections=CONNECTIONS,
            timeout=answer_s,
            # A connection that was cut while idle; `answer_s` bounds both attempts together.
            retry=Retry(NoBackoff(), 1),
            protocol=2,
            **({} if scheme == "unix" else {"socket_keepalive": True}),
        )
    )


async def _close(client: Redis, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await client.aclose()
    except Exception as error:  # noqa: BLE001 - it ends either way
        log.debug("closing the shared store: %s", error)


def _cancels() -> int:
    """How often the task was cancelled; the client swallows that at times while it connects."""
    task = asyncio.current_task()
    return task.cancelling() if task else 0
