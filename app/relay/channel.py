"""The dialogue's end of a connection: replies go to their commands, in order."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import StrEnum
from typing import TYPE_CHECKING

from typing_extensions import override

from app.domain.errors import MailerError
from app.relay.reply import MalformedReply, ReplyParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.smtp import Reply


class EndKind(StrEnum):
    """Why a channel ended."""

    CLOSED = "closed"
    GOODBYE = "goodbye"
    TIMED_OUT = "timed out"
    GARBLED = "garbled"
    ABORTED = "aborted"


class ChannelEnded(MailerError):
    """No reply will come any more; `reply` is the 421 with which the relay took its leave."""

    def __init__(self, kind: EndKind, detail: str, reply: Reply | None = None) -> None:
        super().__init__(detail)
        self.kind = kind
        self.reply = reply


class Command:
    """What was asked, with its line; `reply` is set when it has arrived.

    `then` is what a 3xx invites to send, and what the next reply after the 3xx belongs to.
    """

    __slots__ = ("line", "reply", "sent", "then")

    def __init__(self, line: bytes, *, then: Command | None = None) -> None:
        self.line = line
        self.then = then
        self.sent = False
        self.reply: Reply | None = None


class Channel(asyncio.Protocol):
    """Owns a transport that somebody else has connected.

    Each reply belongs to the oldest command without one; a reply that nobody asked for ends the
    channel, and so does a 421 at any moment, which also answers every command still waiting. One
    task at a time waits. `drained()` is exact: it turns true when the kernel has taken the last
    octet, on plain and on TLS transports (which must pass flow control through).
    """

    def __init__(
        self, transport: asyncio.Transport, on_end: Callable[[], None] | None = None
    ) -> None:
        """Take the transport over; whatever arrives from now on comes here."""
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._parser = ReplyParser()
        self._owed: deque[Command] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._on_end = on_end
        self._lost = self._loop.create_future()
        self._unwritten = False
        self.ended: ChannelEnded | None = None
        # With a limit of zero the transport says whenever anything at all is left unwritten.
        transport.set_write_buffer_limits(high=0)
        transport.set_protocol(self)
        if transport.is_closing():
            self._lost.set_result(None)
            self._end(EndKind.CLOSED, "connection closed by the relay")

    def send(self, *commands: Command) -> None:
        """Write the commands in one go; each of them will get a reply.

        Raises:
            ChannelEnded: the channel was over before.
        """
        self.write(b"".join([command.line for command in commands]))
        for command in commands:
            command.sent = True
        self._owed.extend(commands)

    def write(self, data: bytes | memoryview) -> None:
        """Hand octets to the transport; what became of them, `written()` and `reply()` tell.

        Raises:
            ChannelEnded: the channel was over before.
        """
        if self.ended is not None:
            raise self.ended
        self._transport.write(data)
        if self._transport.is_closing():
            # A failed write pauses nobody, yet the octets are gone.
            self._unwritten = True
            self._end(EndKind.CLOSED, "connection lost while writing")

    def drained(self) -> bool:
        """The kernel has taken everything."""
        return not self._unwritten

    async def reply(self, command: Command, timeout: float) -> Reply:
        """Wait for the reply to `command`, at most `timeout` seconds, after which the channel ends.

        Raises:
            ChannelEnded: it ended before the reply came.
        """
        if command.reply is None:
            await self._until(lambda: command.reply is not None, timeout)
        if command.reply is None:
            raise self._why()
        return command.reply

    async def written(self, timeout: float, unless: Command) -> None:
        """Wait until the kernel has taken everything, or `unless` got its reply.

        Raises:
            ChannelEnded: it ended before, or `timeout` seconds have passed.
        """

        def settled() -> bool:
            return not self._unwritten or unless.reply is not None

        await self._until(settled, timeout)
        if not settled():
            raise self._why()

    def end(self, kind: EndKind, detail: str) -> ChannelEnded:
        """Drop the connection at once; what is unwritten will never be. Gives why it ended."""
        self._end(kind, detail)
        return self._why()

    def abort(self, detail: str = "given up") -> None:
        self._end(EndKind.ABORTED, detail)

    async def quit(self, timeout: float) -> None:
        """Take leave politely and close; at most `timeout` seconds."""
        if self.ended is None:
            command = Command(b"QUIT\r\n")
            try:
                self.send(command)
                await self.reply(command, timeout)
            except ChannelEnded:
                pass
            finally:
                self._end(EndKind.CLOSED, "closed", gently=True)

    async def lost(self) -> None:
        """Wait until the transport is gone."""
        await asyncio.shield(self._lost)

    @override
    def data_received(self, data: bytes) -> None:
        if self.ended is not None:
            return
        try:
            for reply in self._parser.feed(data):
                self._take(reply)
        except MalformedReply as error:
            self._end(EndKind.GARBLED, str(error))
        self._wake()

    def _take(self, reply: Reply) -> None:
        if self.ended is not None:
            return
        if reply.code == 421:
            for command in self._owed:
                command.reply = reply
            self._end(EndKind.GOODBYE, "the relay closes the connection", reply)
        elif self._owed:
            command = self._owed.popleft()
            command.reply = reply
            if 300 <= reply.code < 400 and command.then is not None:
                self._owed.appendleft(command.then)
        else:
            self._end(EndKind.GARBLED, "a reply that nobody asked for")

    @override
    def eof_received(self) -> bool:
        self._end(EndKind.CLOSED, "connection closed by the relay")
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self._lost.done():
            self._lost.set_result(None)
        self._end(
            EndKind.CLOSED,
            "connection closed by the relay" if exc is None else "connection lost",
        )

    @override
    def pause_writing(self) -> None:
        self._unwritten = True

    @override
    def resume_writing(self) -> None:
        if self.ended is None:
            self._unwritten = False
            self._wake()

    def _time_out(self) -> None:
        self._end(EndKind.TIMED_OUT, "no answer in time")

    def _end(
        self, kind: EndKind, detail: str, reply: Reply | None = None, *, gently: bool = False
    ) -> None:
        if self.ended is not None:
            return
        self.ended = ChannelEnded(kind, detail, reply)
        self._owed.clear()
        if gently:
            self._transport.close()
        else:
            # close() would go on writing what must not be written any more.
            self._transport.abort()
        self._wake()
        if self._on_end is not None:
            self._on_end()

    async def _until(self, condition: Callable[[], bool], timeout: float) -> None:
        """Wait for the condition or the channel's end, which comes after `timeout` seconds."""
        timer = self._loop.call_later(timeout, self._time_out)
        try:
            while self.ended is None and not condition():
                self._waiter = self._loop.create_future()
                await self._waiter
        finally:
            self._waiter = None
            timer.cancel()

    def _why(self) -> ChannelEnded:
        return self.ended or ChannelEnded(EndKind.ABORTED, "given up")

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
