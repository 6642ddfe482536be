"""One mail transaction (RFC 5321 3.3), in one flight where PIPELINING (RFC 2920) is offered."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.domain.smtp import Phase, RecipientReply, Reply
from app.relay.channel import Channel, ChannelEnded, Command, EndKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.relay.timeouts import Timeouts

_BLOCK: Final = 65_536
_TOO_MANY: Final = {(452, "4.5.3"), (552, "5.5.3")}


@dataclass(slots=True)
class Outcome:
    """What one transaction came to.

    `overflow`: recipients that the relay wants in another transaction. `last_octet`: the whole
    message was handed to the kernel. `unused`: the relay closed the connection, or took its leave
    first, before the last octet. `cancelled`: somebody wanted it to stop when it was too late.
    """

    replies: dict[str, RecipientReply] = field(default_factory=dict)
    overflow: tuple[str, ...] = ()
    delivered: bool = False
    last_octet: bool = False
    unused: bool = False
    cancelled: bool = False


class Transaction:
    """Says MAIL, RCPT, DATA and the message on a channel, and keeps who answered what."""

    def __init__(
        self,
        channel: Channel,
        timeouts: Timeouts,
        *,
        mail: bytes,
        recipients: Sequence[tuple[str, bytes]],
        body: bytes,
        reset_first: bool,
    ) -> None:
        """`mail` and each recipient's line end in CRLF; `body` is stuffed, with its final dot."""
        self._channel = channel
        self._timeouts = timeouts
        self._reset = Command(b"RSET\r\n") if reset_first else None
        self._mail = Command(mail)
        self._rcpts = [(address, Command(line)) for address, line in recipients]
        self._message = Command(b".\r\n")
        self._data = Command(b"DATA\r\n", then=self._message)
        self._body = body
        self._phase = Phase.MAIL
        self._accepted: list[str] = []
        self.outcome = Outcome()

    async def run(self, *, pipelining: bool) -> Outcome:
        """Never raises for what the relay or the network does.

        Cancelled before the last octet, the connection is dropped and CancelledError raised;
        afterwards the final reply is waited for all the same and `cancelled` is set.
        """
        try:
            await self._dialogue(pipelining=pipelining)
        except ChannelEnded as end:
            self._cut_short(end)
        except asyncio.CancelledError:
            self._channel.abort("cancelled")
            raise
        first = (self._reset or self._mail).reply
        if first is not None and first.code == 421:
            self.outcome.unused = True
        return self.outcome

    async def _dialogue(self, *, pipelining: bool) -> None:
        if pipelining:
            head = [self._reset] if self._reset is not None else []
            self._channel.send(
                *head, self._mail, *(command for _, command in self._rcpts), self._data
            )
        if self._reset is not None:
            reply = await self._ask(self._reset, self._timeouts.mail)
            if not _positive(reply):
                raise self._channel.end(EndKind.CLOSED, "RSET was refused")
        await self._envelope()
        if self._accepted:
            await self._content()
        elif self._data.sent:
            await self._nobody_left()

    async def _ask(self, command: Command, timeout: float) -> Reply:
        if not command.sent:
            self._channel.send(command)
        return await self._reply(command, timeout)

    async def _reply(self, command: Command, timeout: float) -> Reply:
        reply = await self._channel.reply(command, timeout)
        if reply.code < 400 and (reply.code >= 300) != (command is self._data):
            raise self._channel.end(EndKind.GARBLED, f"a {reply.code} that cannot be")
        return reply

    async def _envelope(self) -> None:
        reply = await self._ask(self._mail, self._timeouts.mail)
        refused = not _positive(reply)
        if refused:
            for address, _ in self._rcpts:
                self._answer(address, reply)
        overflow: list[str] = []
        for address, command in self._rcpts:
            if refused and not command.sent:
                return
            self._phase = Phase.RCPT
            reply = await self._ask(command, self._timeouts.rcpt)
            if refused:
                continue
            if _positive(reply):
                self._accepted.append(address)
            else:
                self._answer(address, reply)
                if (reply.code, reply.enhanced) in _TOO_MANY:
                    overflow.append(address)
        if self._accepted:
            self.outcome.overflow = tuple(overflow)

    async def _nobody_left(self) -> None:
        """DATA was in the flight already; a relay that wants the message gets an empty one."""
        reply = await self._ask(self._data, self._timeouts.data)
        if reply.code < 400:
            self._channel.write(self._message.line)
            await self._reply(self._message, self._timeouts.dot)

    async def _content(self) -> None:
        self._phase = Phase.DATA
        reply = await self._ask(self._data, self._timeouts.data)
        if reply.code >= 400:
            self._answer_accepted(reply)
            return
        self._phase = Phase.BODY
        if await self._write():
            self._phase = Phase.FINAL
            self.outcome.last_octet = True
            reply = await self._final()
            self.outcome.delivered = _positive(reply)
            self._answer_accepted(reply)
        else:
            self._refused_early(self._message.reply)

    async def _write(self) -> bool:
        """Write the body; false when the relay answered before it had all of it."""
        rest = memoryview(self._body)
        while rest:
            block, rest = rest[:_BLOCK], rest[_BLOCK:]
            self._channel.write(block)
            if not self._channel.drained():
                try:
                    await self._channel.written(self._timeouts.block, unless=self._message)
                except asyncio.CancelledError:
                    if rest or not self._channel.drained():
                        raise
                    self._too_late_to_cancel()
            if self._message.reply is not None and (rest or not self._channel.drained()):
                return False
        return True

    async def _final(self) -> Reply:
        """The relay may have the message: only its answer can tell, so it is waited for."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._timeouts.dot
        while True:
            try:
                return await self._reply(self._message, deadline - loop.time())
            except asyncio.CancelledError:
                self._too_late_to_cancel()

    def _too_late_to_cancel(self) -> None:
        self.outcome.cancelled = True
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()

    def _refused_early(self, reply: Reply | None) -> None:
        """A refusal while the message is being written answers DATA; the rest is not written."""
        if reply is None or reply.code < 400:
            raise self._channel.end(EndKind.GARBLED, "the message was answered before its end")
        self._phase = Phase.DATA
        self._answer_accepted(reply)
        self._channel.abort("refused before its end")

    def _answer(self, address: str, reply: Reply | None, detail: str = "") -> None:
        self.outcome.replies[address] = RecipientReply(address, self._phase, reply, detail)

    def _answer_accepted(self, reply: Reply) -> None:
        for address in self._accepted:
            self._answer(address, reply)

    def _cut_short(self, end: ChannelEnded) -> None:
        """Whoever has no answer yet gets the 421 that ended it, or none at all."""
        waiting = [address for address, _ in self._rcpts if address not in self.outcome.replies]
        for address in waiting:
            self._answer(address, end.reply, str(end))
        if waiting and not self.outcome.last_octet:
            self.outcome.unused = end.kind is EndKind.CLOSED or (
                end.kind is EndKind.GOODBYE and self._mail.reply is None
            )


def _positive(reply: Reply) -> bool:
    return 200 <= reply.code < 300
