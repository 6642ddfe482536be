"""How promptly the event loop turns."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.telemetry.metrics import Spread

EVERY_S: Final = 0.5


async def watch_loop(lag: Spread, every_s: float = EVERY_S) -> None:
    """Observe by how much later than asked the loop came back here, until cancelled."""
    loop = asyncio.get_running_loop()
    while True:
        asked = loop.time() + every_s
        await asyncio.sleep(every_s)
        lag.observe(max(0.0, loop.time() - asked))
