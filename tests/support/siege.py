"""Many connections to a port that want nothing, and some that never finish asking.

    python -m tests.support.siege PORT IDLE SLOW

Says `besieged` once as many were opened; ends with its input. Slow ones send an octet of a request
each second, and come again when they are dropped.
"""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sys

HOST = "127.0.0.1"
AT_ONCE = 50
DRIP_S = 1.0
HEAD = b"GET /health HTTP/1.1\r\nhost: x\r\nx-slow: "


async def _idle(port: int, turn: asyncio.Semaphore) -> asyncio.StreamWriter | None:
    async with turn:
        with contextlib.suppress(OSError):
            return (await asyncio.open_connection(HOST, port))[1]
    return None


async def _slow(port: int) -> None:
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(HOST, port)
            for octet in HEAD * 100:
                writer.write(bytes([octet]))
                await writer.drain()
                await asyncio.sleep(DRIP_S)
        await asyncio.sleep(DRIP_S)


async def _besiege(port: int, idle: int, slow: int) -> None:
    turn = asyncio.Semaphore(AT_ONCE)
    kept = await asyncio.gather(*(_idle(port, turn) for _ in range(idle)))
    dripping = [asyncio.create_task(_slow(port)) for _ in range(slow)]
    sys.stdout.write("besieged\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    for each in dripping:
        each.cancel()
    await asyncio.gather(*dripping, return_exceptions=True)
    for writer in kept:
        if writer is not None:
            writer.transport.abort()


def main() -> None:
    port, idle, slow = map(int, sys.argv[1:])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = idle + slow + 100
    if most != resource.RLIM_INFINITY and most < wanted:
        raise SystemExit(f"only {most} files may be open here, {wanted} are needed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    asyncio.run(_besiege(port, idle, slow))


if __name__ == "__main__":
    main()
