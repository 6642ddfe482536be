"""The dialogue's end of a connection: replies go to who asked, in order."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from typing_extensions import override

from app.domain.errors import MailerError
from app.relay.outbox import Outbox
from app.relay.reply import MalformedReply, ReplyParser

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.smtp import Reply

_CLOSING_DOWN: Final = 421
_CLOCK_STEP: Final = 0.001
"""Loops round a timer's moment to milliseconds."""


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


class Speaker(Protocol):
    """Whoever speaks on a channel; is called from the event loop."""

    @property
    def replied(self) -> Callable[[Reply], None]:
        """Takes the reply to the oldest command without one. Nothing may be sent from there."""

    def settled(self) -> None:
        """All replies that came together were told, or the kernel has taken everything."""

    def cut_off(self, end: ChannelEnded) -> None:
        """No reply will come any more."""


class _Nobody:
    """Stands in while nobody speaks."""

    def replied(self, _reply: Reply) -> None: ...

    def settled(self) -> None: ...

    def cut_off(self, _end: ChannelEnded) -> None: ...


_NOBODY: Final = _Nobody()


class Channel(asyncio.Protocol):
    """Owns a transport that somebody else has connected.

    Each reply belongs to the oldest command without one; a reply that nobody asked for ends the
    channel, and so does a 421 at any moment. `drained` is exact: it is true when the kernel has
    taken the last octet, on plain and on TLS transports (which must pass flow control through).
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        on_end: Callable[[], None] | None = None,
        outbox: Outbox | None = None,
    ) -> None:
        """Take the transport over; whatever arrives from now on comes here."""
        self.loop = asyncio.get_running_loop()
        self._transport = transport
        self._parser = ReplyParser()
        self._speaker: Speaker = _NOBODY
        self._owed = 0
        self._on_end = on_end
        self._outbox = outbox or Outbox()
        self._flight = b"", 0
        self._lost = self.loop.create_future()
        self._deadline: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0
        self.drained = True
        self.ended: ChannelEnded | None = None
        # With a limit of zero the transport says whenever anything at all is left unwritten.
        transport.set_write_buffer_limits(high=0)
        transport.set_protocol(self)
        if transport.is_closing():
            self._lost.set_result(None)
            self._end(EndKind.CLOSED, "connection closed by the relay")

    def give_to(self, speaker: Speaker) -> None:
        """From now on `speaker` is told; at once of the end when that has come before."""
        self._speaker = speaker
        if self.ended is not None:
            self._tell_end(self.ended)

    def leave(self) -> None:
        """Nobody speaks; what arrives now was not asked for."""
        self._speaker = _NOBODY
        self._deadline = None

    def send(self, data: bytes | memoryview, replies: int) -> None:
        """Write octets that so many replies will answer; a failure is told as the end."""
        if self.ended is not None:
            return
        self._owed += replies
        if not self._transport.is_closing():
            self._transport.write(data)
        if self._transport.is_closing():
            # A failed write pauses nobody, yet the octets are gone.
            self.drained = False
            self._end(EndKind.CLOSED, "connection lost while writing")

    def send_soon(self, flight: bytes, replies: int) -> None:
        """As `send`, together with what others begin now; it is not `drained` until then."""
        if self.ended is None:
            self.drained = False
            self._flight = flight, replies
            self._outbox.soon(self._send_flight, self.loop)

    def expect(self, replies: int) -> None:
        """So many replies more will come, before or after what is written next."""
        self._owed += replies

    def within(self, seconds: float) -> None:
        """From now on the channel ends after so long, unless this is called again before."""
        self._deadline = deadline = self.loop.time() + seconds
        # A timer that comes too early looks again: most messages need none of their own.
        if self._timer is None or self._timer_at > deadline:
            if self._timer is not None:
                self._timer.cancel()
            self._look_again(deadline)

    def end(self, kind: EndKind, detail: str) -> None:
        """Drop the connection at once; what is unwritten will never be."""
        self._end(kind, detail)

    def abort(self, detail: str = "given up") -> None:
        self._end(EndKind.ABORTED, detail)

    async def quit(self, timeout: float) -> None:
        """Take leave politely and close; at most `timeout` seconds."""
        if self.ended is None:
            farewell = _Farewell(self.loop)
            try:
                self.give_to(farewell)
                self.within(timeout)
                self.send(b"QUIT\r\n", 1)
                await farewell.over
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
                if reply.code == _CLOSING_DOWN:
                    self._end(EndKind.GOODBYE, "the relay closes the connection", reply)
                elif self._owed:
                    self._owed -= 1
                    self._speaker.replied(reply)
                else:
                    self._end(EndKind.GARBLED, "a reply that nobody asked for")
        except MalformedReply as error:
            self._end(EndKind.GARBLED, str(error))
        else:
            self._speaker.settled()

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
        self.drained = False

    @override
    def resume_writing(self) -> None:
        if self.ended is None:
            self.drained = True
            self._speaker.settled()

    def _send_flight(self) -> None:
        flight, replies = self._flight
        self._flight = b"", 0
        # Before it is written, for the transport may say otherwise at once.
        self.drained = True
        self.send(flight, replies)
        if self.drained:
            self._speaker.settled()

    def _look_again(self, when: float) -> None:
        self._timer_at = when
        self._timer = self.loop.call_at(when, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._deadline is None:
            return
        if self._deadline - self.loop.time() > _CLOCK_STEP:
            self._look_again(self._deadline)
        else:
            self._end(EndKind.TIMED_OUT, "no answer in time")

    def _end(
        self, kind: EndKind, detail: str, reply: Reply | None = None, *, gently: bool = False
    ) -> None:
        if self.ended is not None:
            return
        self.ended = ChannelEnded(kind, detail, reply)
        self._owed = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if gently:
            self._transport.close()
        else:
            # close() would go on writing what must not be written any more.
            self._transport.abort()
        self._tell_end(self.ended)
        if self._on_end is not None:
            self._on_end()

    def _tell_end(self, end: ChannelEnded) -> None:
        speaker, self._speaker = self._speaker, _NOBODY
        speaker.cut_off(end)


class _Farewell:
    """Says QUIT."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.over: asyncio.Future[None] = loop.create_future()

    def replied(self, _reply: Reply) -> None:
        self._done()

    def settled(self) -> None:
        """QUIT is the last that is sent."""

    def cut_off(self, _end: ChannelEnded) -> None:
        self._done()

    def _done(self) -> None:
        if not self.over.done():
            self.over.set_result(None)
