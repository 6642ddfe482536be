"""What a message costs on kept connections: our dialogue beside aiosmtplib's sendmail.

Both send the same mail over as many connections to the same relay of this machine: Postfix's
smtp-sink, and a sink of ours that offers CHUNKING, also with TLS. Then each manner of speaking is
tried on one connection to a relay that is 20 ms away.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import functools
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiosmtplib
import trustme
import uvloop

from app.domain.smtp import Composed, Envelope
from app.relay import RelayConfig, Relays, Security
from bench.distance import distance

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Send = Callable[[], Awaitable[object]]

_ROUNDS: Final = 5
_SENDER: Final = "sender@example.com"
_RECIPIENT: Final = "recipient@example.com"
_CONTENT: Final = b"Subject: hello\r\n\r\n" + b"How are you today? All is well here.\r\n" * 80
_COMPOSED: Final = Composed(Envelope(_SENDER, (_RECIPIENT,)), _CONTENT, "<1@example.com>")
_ONE_WAY_S: Final = 0.01
_LOOPS: Final = {"asyncio": None, "uvloop": uvloop.new_event_loop}


@dataclass(frozen=True, slots=True)
class Target:
    """A relay to send to; `ca_file` when it speaks TLS."""

    name: str
    port: int
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """Messages a second over all connections, and our own processor time for one."""

    relay: str
    loop: str
    connections: int
    by: str
    per_second: float
    cpu_us: float


@contextlib.contextmanager
def _smtp_sink() -> Iterator[Target]:
    program = shutil.which("smtp-sink") or shutil.which("smtp-sink", path="/usr/sbin")
    if program is None:
        sys.exit("smtp-sink is not installed (Debian: postfix)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    with _process(program, *user, f"127.0.0.1:{port}", "1000"):
        _wait_for(port)
        yield Target("smtp-sink", port)


@contextlib.contextmanager
def _sink(name: str, *without: str, folder: Path | None = None) -> Iterator[Target]:
    """Our own; with TLS when there is a folder for its certificate."""
    options = [f"--without={each}" for each in without]
    ca_file = None
    if folder is not None:
        authority = trustme.CA()
        ca_file, pem = folder / "ca.pem", folder / "server.pem"
        authority.cert_pem.write_to_path(str(ca_file))
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pem))
        options.append(f"--certificate={pem}")
    with _process(sys.executable, "-m", "bench.sink", *options) as process:
        if process.stdout is None or not (line := process.stdout.readline()):
            sys.exit("the sink does not start")
        yield Target(name, int(line), ca_file)


@contextlib.contextmanager
def _process(*command: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.02)
    sys.exit("smtp-sink does not listen")


@contextlib.asynccontextmanager
async def _ours(target: Target, connections: int) -> AsyncIterator[list[Send]]:
    relays = Relays(
        [
            RelayConfig(
                host="127.0.0.1",
                port=target.port,
                security=Security.TLS if target.ca_file else Security.AUTO,
                ca_file=target.ca_file,
                connections=connections,
                max_messages=10**9,
                max_age_s=1e9,
            )
        ]
    )
    await relays.start()

    async def send() -> None:
        (answer,) = (await relays.send(_COMPOSED)).replies
        if answer.reply is None or answer.reply.code != 250:
            raise RuntimeError(f"not delivered: {answer.phase}")

    try:
        yield [send] * connections
    finally:
        await relays.close()


@contextlib.asynccontextmanager
async def _aiosmtplib(target: Target, connections: int) -> AsyncIterator[list[Send]]:
    async with contextlib.AsyncExitStack() as stack:
        sends: list[Send] = []
        for _ in range(connections):
            smtp = aiosmtplib.SMTP(
                hostname="127.0.0.1",
                port=target.port,
                use_tls=target.ca_file is not None,
                tls_context=ssl.create_default_context(cafile=target.ca_file)
                if target.ca_file
                else None,
                start_tls=False,
            )
            await stack.enter_async_context(smtp)
            sends.append(functools.partial(smtp.sendmail, _SENDER, [_RECIPIENT], _CONTENT))
        yield sends


_PEERS: Final = {"aiosmtplib": _aiosmtplib, "ours": _ours}


async def _round(sends: list[Send], messages: int) -> tuple[float, float]:
    """Seconds a message, elapsed and of our own processor time."""
    each = messages // len(sends)

    async def worker(send: Send) -> None:
        for _ in range(each):
            await send()

    started, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*map(worker, sends))
    elapsed, busy = time.perf_counter() - started, time.process_time() - cpu
    return elapsed / (each * len(sends)), busy / (each * len(sends))


async def _compare(target: Target, loop: str, connections: int, messages: int) -> list[Row]:
    """Both by turns, so that what else the machine does meets both; the best round of each."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in _PEERS}
    async with contextlib.AsyncExitStack() as stack:
        peers = {
            name: await stack.enter_async_context(peer(target, connections))
            for name, peer in _PEERS.items()
        }
        for sends in peers.values():
            await _round(sends, 10 * connections)
        for _ in range(_ROUNDS):
            for name, sends in peers.items():
                found[name].append(await _round(sends, messages))
    return [
        Row(target.name, loop, connections, name, 1 / min(elapsed), min(busy) * 1e6)
        for name, rounds in found.items()
        for elapsed, busy in [tuple(zip(*rounds, strict=True))]
    ]


async def _from_afar(target: Target, messages: int) -> Row:
    async with distance(target.port, _ONE_WAY_S) as port:
        far = Target(target.name, port)
        async with _ours(far, 1) as sends:
            await _round(sends, 2)
            elapsed, busy = await _round(sends, messages)
    return Row(target.name, "asyncio", 1, "ours", 1 / elapsed, busy * 1e6)


def _near(messages: int, most: int) -> list[Row]:
    rows: list[Row] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        _smtp_sink() as plain,
        _sink("chunking") as chunking,
        _sink("chunking, TLS", folder=Path(folder)) as secured,
    ):
        for target in (plain, chunking, secured):
            for loop, factory in _LOOPS.items():
                for connections in (1, most):
                    with asyncio.Runner(loop_factory=factory) as runner:
                        rows += runner.run(_compare(target, loop, connections, messages))
    return rows


def _far(messages: int) -> list[Row]:
    rows = []
    for name, without in (
        ("chunking", ()),
        ("pipelining", ("CHUNKING",)),
        ("step by step", ("CHUNKING", "PIPELINING")),
    ):
        with _sink(name, *without) as target:
            rows.append(asyncio.run(_from_afar(target, messages)))
    return rows


def _print_near(rows: list[Row]) -> None:
    print(f"{'relay':15}{'loop':9}{'connections':>11}  {'by':12}{'messages/s':>10}{'CPU, µs':>9}")
    slow = rows[0]
    for row in rows:
        times = ""
        if row.by == "aiosmtplib":
            slow = row
        else:
            times = f"{row.per_second / slow.per_second:8.1f} times"
        print(
            f"{row.relay:15}{row.loop:9}{row.connections:11}  {row.by:12}"
            f"{row.per_second:10.0f}{row.cpu_us:9.0f}{times}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.dialogue", description=__doc__)
    parser.add_argument("--messages", type=int, default=2_000, help="in each round")
    parser.add_argument("--connections", type=int, default=10, help="beside one alone")
    parser.add_argument("--json", action="store_true", help="as JSON instead of tables")
    options = parser.parse_args()
    near = _near(options.messages, options.connections)
    far = _far(messages=50)
    if options.json:
        print(
            json.dumps({"near": list(map(asdict, near)), "far": list(map(asdict, far))}, indent=2)
        )
        return
    print(f"{len(_CONTENT)} octets, {options.messages} messages, best of {_ROUNDS} rounds")
    _print_near(near)
    print(f"\nOne connection, {_ONE_WAY_S * 2_000:.0f} ms from here to the relay and back")
    for row in far:
        print(f"{row.relay:15}{row.per_second:10.1f} messages/s")


if __name__ == "__main__":
    main()
