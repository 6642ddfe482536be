"""The relay of a run: an SMTP server in a process of its own, fast, misbehaving on demand.

    python -m tests.faults.server PORT CONTROL_PORT RECORD_FILE SEED

A mail's id is the local part of its recipient. Its fate is decided, and written down, at the final
dot: a delayed reply changes nothing about it. Lines to the control port are answered one by one:
`conduct {...}`, `go`, `come`, `flush`.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from random import Random
from typing import IO, cast

import uvloop
from typing_extensions import override

from app.flow import TokenBucket
from tests.faults.conduct import Conduct, Fate

HOST = "127.0.0.1"
BACKLOG = 1000
FEATURES = (
    b"250-relay.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE 52428800\r\n"
)
OK = b"250 2.0.0 ok\r\n"
DEFERRALS = (b"450 4.2.0 mailbox busy\r\n", b"452 4.2.2 mailbox full\r\n")
LIMITED = b"451 4.7.1 too much mail from you, try later\r\n"
REFUSALS = (b"550 5.1.1 no such user\r\n", b"552 5.2.2 mailbox full\r\n")


class Server:
    """The relay; every session asks it for each mail's fate."""

    def __init__(self, port: int, record: IO[bytes], seed: int) -> None:
        self.conduct = Conduct()
        self.rng = Random(seed)
        self.sessions: set[Session] = set()
        self._limit: TokenBucket | None = None
        self._port = port
        self._record = record
        self._server: asyncio.Server | None = None

    async def come(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: Session(self), HOST, self._port, backlog=BACKLOG
        )

    def go(self) -> None:
        """Listen no more and drop what is open."""
        if self._server is not None:
            self._server.close()
        for session in tuple(self.sessions):
            if session.last is not None:
                self.write(Fate.UNSURE, session.last, session.life)
            session.leave()

    def write(self, fate: Fate, mail: str, life: str) -> None:
        self._record.write(f"{time.monotonic():.6f} {fate} {mail} {life}\n".encode())

    def flush(self) -> None:
        self._record.flush()

    def behave(self, conduct: Conduct) -> None:
        self.conduct = conduct
        rate = conduct.per_second
        self._limit = None if rate is None else TokenBucket(rate, conduct.burst)

    def fate(self) -> Fate:
        """Of the next mail."""
        if self._limit is not None and not self._limit.try_take():
            return Fate.LIMITED
        dice, conduct = self.rng.random(), self.conduct
        if dice < conduct.refuse:
            return Fate.REFUSED if dice < conduct.refuse * conduct.for_good else Fate.DEFERRED
        if dice < conduct.refuse + conduct.drop + conduct.cut:
            return Fate.UNANSWERED
        return Fate.ACCEPTED

    def delay_s(self) -> float:
        slow = self.rng.random() < self.conduct.slow
        return self.rng.uniform(0, self.conduct.delay_s) if slow else 0.0


class Session(asyncio.Protocol):
    """One connection. While a reply is delayed nothing more is read from it."""

    def __init__(self, server: Server) -> None:
        self.life = "?"
        self.last: str | None = None
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._data = b""
        self._id = ""
        self._body = False
        self._waiting = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.sessions.add(self)
        self._transport.write(b"220 relay.test ESMTP\r\n")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._server.sessions.discard(self)
        self._transport = None

    @override
    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._waiting:
            self._go_on()

    def leave(self) -> None:
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _go_on(self) -> None:
        replies: list[bytes] = []
        while self._transport is not None and not self._waiting:
            # A body keeps the line end before it, so that a dot alone is found as well.
            end = self._data.find(b"\r\n.\r\n" if self._body else b"\r\n")
            if end < 0:
                break
            if self._body:
                self._data = self._data[end + 5 :]
                self._body = False
                self._finish(replies)
            else:
                line = self._data[:end]
                self._body = line[:4].upper() == b"DATA"
                self._data = self._data[end if self._body else end + 2 :]
                replies.append(self._answer(line))
        if replies and self._transport is not None:
            self._transport.write(b"".join(replies))

    def _answer(self, line: bytes) -> bytes:
        match line[:4].upper():
            case b"EHLO" | b"HELO":
                self.life = line[5:].decode()
                return FEATURES
            case b"RCPT":
                self._id = line[line.index(b"<") + 1 : line.index(b"@")].decode()
            case b"DATA":
                return b"354 go ahead\r\n"
            case b"QUIT":
                return b"221 2.0.0 bye\r\n"
            case _:
                pass
        return OK

    def _finish(self, replies: list[bytes]) -> None:
        server = self._server
        fate = server.fate()
        server.write(fate, self._id, self.life)
        if fate is Fate.UNANSWERED:
            cut = server.rng.random() * (server.conduct.drop + server.conduct.cut)
            self._break_off(replies, OK[:3] if cut >= server.conduct.drop else b"")
            return
        if fate is Fate.ACCEPTED:
            self.last, reply = self._id, OK
        elif fate is Fate.LIMITED:
            reply = LIMITED
        else:
            reply = server.rng.choice(REFUSALS if fate is Fate.REFUSED else DEFERRALS)
        delay = server.delay_s()
        if delay:
            self._waiting = True
            asyncio.get_running_loop().call_later(delay, self._reply_late, reply)
        else:
            replies.append(reply)

    def _break_off(self, replies: list[bytes], words: bytes) -> None:
        if self._transport is not None:
            self._transport.write(b"".join([*replies, words]))
            self._transport.close()
            self._transport = None

    def _reply_late(self, reply: bytes) -> None:
        self._waiting = False
        if self._transport is not None:
            self._transport.write(reply)
            self._go_on()


async def _control(
    server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    while line := await reader.readline():
        verb, _, rest = line.strip().partition(b" ")
        match verb:
            case b"conduct":
                server.behave(Conduct.decoded(rest))
            case b"go":
                server.go()
            case b"come":
                await server.come()
            case _:
                server.flush()
        writer.write(b"done\n")


async def _serve(port: int, control_port: int, record: IO[bytes], seed: int) -> None:
    server = Server(port, record, seed)
    await server.come()
    control = await asyncio.start_server(
        lambda reader, writer: _control(server, reader, writer), HOST, control_port
    )
    async with control:
        await control.serve_forever()


def main() -> None:
    port, control_port, path, seed = sys.argv[1:]
    with (
        Path(path).open("ab") as record,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve(int(port), int(control_port), record, int(seed)))


if __name__ == "__main__":
    main()
