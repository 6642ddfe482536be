"""What each instance uses of the rates that all keep together, in Redis or Valkey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.state.shared_store import Probe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.state.shared_store import SharedStore

FORGET_S: Final = 3
"""An instance that has told nothing for so long uses nothing."""

_EXCHANGE: Final = """
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local answer = {}
for at = 1, #KEYS do
  redis.call('HSET', KEYS[at], ARGV[1], now .. ' ' .. ARGV[at + 2])
  redis.call('EXPIRE', KEYS[at], 60)
  local others, all = {}, redis.call('HGETALL', KEYS[at])
  for field = 1, #all, 2 do
    local told, use = string.match(all[field + 1], '^(%d+) (.*)$')
    if now - tonumber(told) > ARGV[2] * 1000 then
      redis.call('HDEL', KEYS[at], all[field])
    elseif all[field] ~= ARGV[1] then
      table.insert(others, use)
    end
  end
  table.insert(answer, others)
end
return answer
"""


class SharedRates:
    """Tells what this instance uses, and what the others do."""

    def __init__(self, store: SharedStore, *, prefix: str, instance: str) -> None:
        self._store = store
        self._prefix = prefix
        self._instance = instance
        self._script = store.script(_EXCHANGE)

    async def exchange(self, uses: Mapping[str, str]) -> dict[str, list[str]]:
        """What the others use, by the same names; raises `StoreAway`, and asks again each time."""
        if not uses:
            return {}
        keys = [f"{{{self._prefix}}}:rate:{name}" for name in uses]
        arguments: Sequence[str | int] = [self._instance, FORGET_S, *uses.values()]
        answer = await self._store.knock(Probe(self._script, keys, arguments))
        return {
            name: [each.decode() for each in others]
            for name, others in zip(uses, answer, strict=True)
        }

    async def close(self) -> None:
        await self._store.close()
