"""One connection to the SMTP server of the tests, and a message that came by it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field


class SessionOver(Exception):
    """The client or an action has ended the session."""


@dataclass
class Mail:
    """One message; `content` with the dots unstuffed, or its `chunks` put together."""

    sender: str
    recipients: list[str]
    content: bytes
    chunks: list[bytes] = field(default_factory=list)


@dataclass
class Session:
    """One connection: what arrived on it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    commands: list[str] = field(default_factory=list)
    chunks: list[bytes] = field(default_factory=list)
    tls: bool = False
    user: str | None = None
    over: bool = False
    mail: Mail | None = None
    drip: float | None = None
    _unread: bytearray = field(default_factory=bytearray)

    async def write(self, data: bytes, drip: float | None = None) -> None:
        if (drip := drip or self.drip) is None:
            self.writer.write(data)
            await self.writer.drain()
            return
        for octet in data:
            await asyncio.sleep(drip)
            self.writer.write(bytes([octet]))
            await self.writer.drain()

    async def line(self) -> bytes:
        while (end := self._unread.find(b"\n")) < 0:
            await self._read()
        return self._taken(end + 1)

    async def octets(self, count: int) -> bytes:
        while len(self._unread) < count:
            await self._read()
        return self._taken(count)

    async def _read(self) -> None:
        chunk = await self.reader.read(65_536)
        if not chunk:
            raise SessionOver
        self.chunks.append(chunk)
        self._unread += chunk

    def _taken(self, count: int) -> bytes:
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    @property
    def verbs(self) -> list[str]:
        return [command.split(" ")[0] for command in self.commands]
