"""Asking a broker that has nothing, at a pace.

A broker is to hold a fetch until there is something, or the longest wait is over; the client asks
anew as soon as it is answered. The embedded broker answers at once, and the two would take a core
for silence. Here an answer without records counts for `PAUSE_S` at least.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from aiokafka.consumer import consumer
from aiokafka.consumer.fetcher import Fetcher
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Awaitable

PAUSE_S = 0.05


class PacedFetcher(Fetcher):  # type: ignore[misc]  # the library is untyped
    """As the library's, but for the pause; what arrives meanwhile waits as long."""

    @override
    async def _proc_fetch_request(self, assignment: Any, node_id: Any, request: Any) -> bool:
        began = asyncio.get_running_loop().time()
        fetched: Awaitable[bool] = super()._proc_fetch_request(assignment, node_id, request)
        if await fetched:
            return True
        try:
            await asyncio.sleep(began + PAUSE_S - asyncio.get_running_loop().time())
        except asyncio.CancelledError:
            return False  # as the library's: the assignment is over, and the result of no interest
        return False


def install() -> None:
    """Let every consumer of the process ask so."""
    consumer.Fetcher = PacedFetcher
