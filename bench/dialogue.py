"""What a message costs on a kept connection: our dialogue beside aiosmtplib's sendmail.

Needs Postfix's smtp-sink.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

import aiosmtplib
import uvloop

from app.domain.smtp import Composed, Envelope
from app.relay import RelayConfig, Relays

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

_ROUNDS: Final = 5
_SENDER: Final = "sender@example.com"
_RECIPIENT: Final = "recipient@example.com"
_CONTENT: Final = b"Subject: hello\r\n\r\n" + b"How are you today? All is well here.\r\n" * 80


@contextlib.contextmanager
def _sink() -> Iterator[int]:
    """A running smtp-sink; its port."""
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    if program is None:
        sys.exit("smtp-sink is not installed (Debian: postfix)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    process = subprocess.Popen([program, *user, f"127.0.0.1:{port}", "1000"])
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    sys.exit("smtp-sink does not listen")


async def _best(send: Callable[[], Awaitable[object]], messages: int) -> tuple[float, float]:
    """Microseconds a message, elapsed and of our own processor time, the best of some rounds."""
    elapsed, busy = [], []
    await send()
    for _ in range(_ROUNDS):
        started, cpu = time.perf_counter(), time.process_time()
        for _ in range(messages):
            await send()
        elapsed.append(time.perf_counter() - started)
        busy.append(time.process_time() - cpu)
    return min(elapsed) / messages * 1e6, min(busy) / messages * 1e6


async def _ours(port: int, messages: int) -> tuple[float, float]:
    composed = Composed(Envelope(_SENDER, (_RECIPIENT,)), _CONTENT, "<1@example.com>")
    config = RelayConfig(host="127.0.0.1", port=port, max_messages=10**9, max_age_s=1e9)
    relays = Relays([config])
    await relays.start()

    async def send() -> None:
        report = await relays.send(composed)
        if report.replies[0].reply is None or report.replies[0].reply.code != 250:
            raise RuntimeError(f"not delivered: {report.replies[0].phase}")

    try:
        return await _best(send, messages)
    finally:
        await relays.close()


async def _aiosmtplib(port: int, messages: int) -> tuple[float, float]:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port) as smtp:
        return await _best(lambda: smtp.sendmail(_SENDER, [_RECIPIENT], _CONTENT), messages)


def _measure(messages: int) -> list[dict[str, str | float]]:
    found: list[dict[str, str | float]] = []
    with _sink() as port:
        for loop, factory in (("asyncio", None), ("uvloop", uvloop.new_event_loop)):
            for name, run in (("aiosmtplib", _aiosmtplib), ("ours", _ours)):
                with asyncio.Runner(loop_factory=factory) as runner:
                    elapsed, busy = runner.run(run(port, messages))
                found.append({"loop": loop, "by": name, "elapsed_us": elapsed, "cpu_us": busy})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.dialogue", description=__doc__)
    parser.add_argument("--messages", type=int, default=2_000, help="in each round")
    parser.add_argument("--json", action="store_true", help="as JSON instead of a table")
    options = parser.parse_args()
    found = _measure(options.messages)
    if options.json:
        print(json.dumps(found, indent=2))
        return
    print(f"{len(_CONTENT)} octets, one connection, {options.messages} messages, best of {_ROUNDS}")
    print(f"{'loop':10}{'by':14}{'µs a message':>14}{'our CPU, µs':>14}")
    for row in found:
        print(f"{row['loop']:10}{row['by']:14}{row['elapsed_us']:14.0f}{row['cpu_us']:14.0f}")


if __name__ == "__main__":
    main()
