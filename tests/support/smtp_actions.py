"""What the SMTP server of the tests does on demand, in the place of its usual answer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tests.support.smtp_session import SessionOver

if TYPE_CHECKING:
    from tests.support.smtp_session import Session


class Action(Protocol):
    """What happens instead of the usual answer."""

    async def perform(self, session: Session) -> None: ...


@dataclass(frozen=True)
class Say:
    """Answer with this text (CRLF is added) or these octets (as they are).

    `drip`: seconds between two octets; `leave`: then close, `when`: but not before this is set.
    """

    what: str | bytes
    drip: float | None = None
    leave: bool = False
    when: asyncio.Event | None = None

    async def perform(self, session: Session) -> None:
        if self.when is not None:
            await self.when.wait()
        data = self.what if isinstance(self.what, bytes) else self.what.encode() + b"\r\n"
        await session.write(data, self.drip)
        if self.leave:
            raise SessionOver


@dataclass(frozen=True)
class Slowly:
    """Answer as usual, `drip` seconds between two octets."""

    drip: float = 0.001

    async def perform(self, session: Session) -> None:
        session.drip = self.drip


@dataclass(frozen=True)
class Leave:
    """Close the connection without a word; `reset`: by RST."""

    reset: bool = False

    async def perform(self, session: Session) -> None:
        if self.reset:
            session.writer.transport.abort()
        raise SessionOver


@dataclass(frozen=True)
class Hang:
    """Say nothing until the client closes."""

    async def perform(self, session: Session) -> None:
        while await session.reader.read(65_536):
            pass
        raise SessionOver


@dataclass(frozen=True)
class ReadNothing:
    """Leave what arrives unread until `until` is set (None: for ever), then go on as usual."""

    until: asyncio.Event | None = None

    async def perform(self, session: Session) -> None:
        await (self.until or asyncio.Event()).wait()


@dataclass(frozen=True)
class Then:
    """One after the other."""

    first: Action
    second: Action

    async def perform(self, session: Session) -> None:
        await self.first.perform(session)
        await self.second.perform(session)
