"""Deliveries in Redis or Valkey: shared by all instances, and outliving them."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, Final

from app.state.shared_store import Probe, StoreAway

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from app.state.deliveries import Hold
    from app.state.shared_store import SharedStore

# Keys: the hold's, then the recipients'. A recipient's value is an origin, a hold's is origin,
# space, token. Each script runs as a whole, so that of two instances one alone gets an id.
_BEGIN: Final = """
local origin, token, lease = ARGV[1], ARGV[2], ARGV[3]
local found, left = {}, false
for at = 2, #KEYS do
  local other = redis.call('GET', KEYS[at])
  if other == origin then other = false end
  found[at - 1] = other
  left = left or not other
end
if not left then return found end
local holder = redis.call('GET', KEYS[1])
if holder and string.sub(holder, 1, #origin + 1) ~= origin .. ' ' then return 0 end
redis.call('SET', KEYS[1], origin .. ' ' .. token, 'PX', lease)
return found
"""
_END: Final = """
local origin, token, window = ARGV[1], ARGV[2], ARGV[3]
for at = 2, #KEYS do redis.call('SET', KEYS[at], origin, 'PX', window) end
if redis.call('GET', KEYS[1]) == origin .. ' ' .. token then redis.call('DEL', KEYS[1]) end
return 1
"""


class SharedDeliveries:
    """Entries live `window_s` seconds, a hold `lease_s` at most, for its instance may die.

    `lease_s` is longer than any attempt. The origin whose hold was left behind passes it, so only
    others wait for its end. `prefix` keeps those apart who do not share their mail.
    """

    def __init__(self, store: SharedStore, *, prefix: str, window_s: float, lease_s: float) -> None:
        self._store = store
        self._prefix = prefix
        self._window_ms = math.ceil(window_s * 1000)
        self._lease_ms = math.ceil(lease_s * 1000)
        self._begin = store.script(_BEGIN)
        self._end = store.script(_END)
        self._writing: set[asyncio.Task[None]] = set()

    async def begin(self, hold: Hold, recipients: Sequence[bytes]) -> tuple[str | None, ...] | None:
        try:
            found = await self._store.ask(
                self._begin,
                self._keys(hold, recipients),
                (hold.origin, hold.token, self._lease_ms),
            )
        except StoreAway:
            return (None,) * len(recipients)
        if found == 0:
            return None
        return tuple(None if each is None else each.decode() for each in found)

    async def delivered(self, hold: Hold, recipients: Sequence[bytes]) -> None:
        # Whoever cuts the attempt now must not cut this: the mail is at the relay.
        await asyncio.shield(self._start(self._write(hold, recipients)))

    def let_go(self, hold: Hold) -> None:
        _ = self._start(self._write(hold, ()))

    async def watch(self) -> None:
        """Keep an eye on the store, until cancelled."""
        name = f"{self._prefix}:probe"
        await self._store.watch(Probe(self._begin, (f"{name}:held", name), ("probe", "", 1000)))

    async def close(self) -> None:
        """What is written is bounded in time by the store."""
        await asyncio.gather(*self._writing)
        await self._store.close()

    def _keys(self, hold: Hold, recipients: Sequence[bytes]) -> list[str]:
        # The braces keep what one script touches together where keys are spread over servers.
        stem = f"{self._prefix}:{{{hold.id.hex()}}}"
        return [f"{stem}:held", *(f"{stem}:{each.hex()}" for each in recipients)]

    async def _write(self, hold: Hold, recipients: Sequence[bytes]) -> None:
        try:
            await self._store.ask(
                self._end,
                self._keys(hold, recipients),
                (hold.origin, hold.token, self._window_ms),
            )
        except StoreAway:
            # Said by health; a hold that stays ends with its lease.
            return

    def _start(self, writing: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(writing)
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return task
