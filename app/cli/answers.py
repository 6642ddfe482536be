"""What a service of this machine answers on its port of operations."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final

_HOST: Final = "127.0.0.1"
PROBE_S: Final = 2.0


async def answer_of(port: int, path: str, within_s: float) -> tuple[bytes, bytes]:
    """Status and body; OSError while nobody listens, TimeoutError where somebody does not answer.

    What listens there may be somebody else's, and mute.
    """
    async with asyncio.timeout(within_s):
        reader, writer = await asyncio.open_connection(_HOST, port)
        try:
            writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = await reader.read()
        finally:
            writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(maxsplit=2)
    return (words[1] if len(words) > 1 else b"no answer"), body


async def is_ready(port: int) -> bool:
    """Whether mail flows, as its health says."""
    with contextlib.suppress(OSError, TimeoutError):
        status, _ = await answer_of(port, "/health/ready", PROBE_S)
        return status == b"200"
    return False
