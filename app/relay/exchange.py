"""What a transaction waits for: replies, the kernel, the end, or somebody who gives it up."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from app.domain.smtp import Phase, RecipientReply, Reply
from app.relay.channel import Channel, ChannelEnded, EndKind
from app.relay.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from app.relay.manner import Manner
    from app.relay.observer import Laps
    from app.relay.timeouts import Timeouts


class Exchange(ABC):
    """A state machine on a channel; its steps are those of its subclass.

    `replied` is what takes the next reply. What is to be sent then goes out when all replies that
    came together are told, so that what a relay says too much never passes for the answer to a
    command that follows.
    """

    _line = b""
    _patience = 0.0
    _pieces: Iterator[bytes | memoryview] = iter(())
    _piece: bytes | memoryview | None = None
    _writing = False
    _last_octet = False
    _open_chunks = 0
    _mail_answered = False
    _asked = 0
    _taken: Reply | None = None
    _finished = False
    _waiter: asyncio.Future[None] | None = None
    laps: Laps | None = None
    """Hears how long each phase took, if anybody wants to know."""

    def __init__(
        self, channel: Channel, timeouts: Timeouts, manner: Manner, recipients: Sequence[str]
    ) -> None:
        self._channel = channel
        self._timeouts = timeouts
        self._manner = manner
        self._recipients = recipients
        self._phase = Phase.MAIL
        self._accepted: list[str] = []
        self.replied: Callable[[Reply], None] = _over
        self.outcome = Outcome()

    @abstractmethod
    def _begin(self) -> None:
        """Say which reply is expected, and send or prepare what it answers."""

    @abstractmethod
    def _on_chunk(self, reply: Reply) -> None:
        """Take the reply to a BDAT."""

    async def run(self) -> Outcome:
        """Never raises for what the relay or the network does.

        Cancelled before the last octet, the connection is dropped and CancelledError raised;
        afterwards the final reply is waited for all the same and `cancelled` is set.
        """
        self._channel.give_to(self)
        if not self._finished:
            self._begin()
            self.settled()
        while not self._finished:
            self._waiter = self._channel.loop.create_future()
            try:
                await self._waiter
            except asyncio.CancelledError:
                if not self._last_octet or self.outcome.balked:
                    self._finished = True
                    self._end_laps()
                    self._channel.abort("cancelled")
                    raise
                self.outcome.cancelled = True
                _forget_cancellation()
        return self.outcome

    def settled(self) -> None:
        if self._taken is not None:
            # Not before all are told: one reply too many would have taken the place of another.
            self._conclude(self._taken)
        elif self._line:
            line, self._line = self._line, b""
            self._channel.send(line, 1)
        elif self._writing and self._channel.drained:
            self._write_on()
        if self._patience:
            self._channel.within(self._patience)
            self._patience = 0.0

    def cut_off(self, end: ChannelEnded) -> None:
        if self._finished:
            return
        if self._taken is not None and end.kind is EndKind.GOODBYE:
            # It has taken the message and wants no other.
            self._conclude(self._taken)
            return
        if (
            end.kind is EndKind.GARBLED
            and self.replied == self._on_chunk
            and self._taken is None
            and not self._manner.proven
            and not self.outcome.cancelled
        ):
            # Who answers a first BDAT like this does not speak it.
            self.outcome.balked = True
        else:
            self._leave_unanswered(end)
        self._finish()

    def _leave_unanswered(self, end: ChannelEnded) -> None:
        """Whoever has no answer yet gets the 421 that ended it, or none at all."""
        phase = Phase.FINAL if self._last_octet and end.reply is None else self._phase
        replies = self.outcome.replies
        waiting = [address for address in self._recipients if address not in replies]
        for address in waiting:
            replies[address] = RecipientReply(address, phase, end.reply, str(end))
        if not waiting:
            return
        if end.kind is EndKind.GOODBYE:
            self.outcome.unused = not self._mail_answered
        else:
            self.outcome.unused = end.kind is EndKind.CLOSED and not self._last_octet
            self.outcome.lost_at_bdat = self._open_chunks > 0

    def _write(self, pieces: Iterator[bytes | memoryview]) -> None:
        self._enter(Phase.BODY)
        self._pieces = pieces
        self._piece = next(pieces)
        self._writing = True

    def _write_on(self) -> None:
        """Hand over piece after piece, as long as the kernel takes them at once."""
        channel, manner = self._channel, self._manner
        sent = False
        while (
            self._piece is not None
            and channel.drained
            and (manner.pipelining or not self._open_chunks)
        ):
            self._open_chunks += manner.chunking
            channel.send(self._piece, int(manner.chunking))
            self._piece = next(self._pieces, None)
            sent = True
        if self._piece is not None or not channel.drained:
            if sent:  # octets of a reply that trickles in do not prolong the wait
                self._patience = self._timeouts.block
            return
        self._writing = False
        self._last_octet = True
        if self._phase is Phase.BODY:
            self._enter(Phase.FINAL)
            self._patience = self._timeouts.dot
        else:
            self._patience = self._timeouts.mail

    def _enter(self, phase: Phase) -> None:
        self._phase = phase
        if self.laps is not None:
            self.laps.enter(phase)

    def _end_laps(self) -> None:
        if self.laps is not None:
            self.laps.end()

    def _garble(self, reply: Reply) -> None:
        self._channel.end(EndKind.GARBLED, f"a {reply.code} that cannot be")

    def _answer(self, address: str, reply: Reply) -> None:
        self.outcome.replies[address] = RecipientReply(address, self._phase, reply)

    def _answer_accepted(self, reply: Reply) -> None:
        for address in self._accepted:
            self._answer(address, reply)

    def _conclude(self, reply: Reply) -> None:
        """Everybody accepted gets the reply to the message."""
        self.outcome.delivered = reply.code < 400
        self._answer_accepted(reply)
        self._finish()

    def _finish(self) -> None:
        self._finished = True
        self._end_laps()
        self._line, self._writing, self._patience = b"", False, 0.0
        self.replied = _over  # a method of ours would be a cycle, which costs a collection
        self._channel.leave()
        # Where all were refused before it, nobody can have got the message.
        self.outcome.last_octet = self._last_octet and (
            bool(self._accepted) or self._asked < len(self._recipients)
        )
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _over(_reply: Reply) -> None:
    """Takes no reply: there is none to come."""


def _forget_cancellation() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
