"""One mail transaction (RFC 5321 3.3), in as few flights as the relay's extensions allow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from app.domain.smtp import Phase, Reply
from app.relay.channel import Channel, EndKind
from app.relay.exchange import Exchange
from app.relay.framing import blocks, chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.relay.manner import Manner
    from app.relay.timeouts import Timeouts

_TOO_MANY: Final = {(452, "4.5.3"), (552, "5.5.3")}
_NOT_FOLLOWED: Final = {500, 502, 503, 504}


class Transaction(Exchange):
    """Says MAIL, RCPT and the message, and keeps who answered what."""

    _mail_refused = False
    _refused = False

    def __init__(
        self,
        channel: Channel,
        timeouts: Timeouts,
        manner: Manner,
        *,
        mail: bytes,
        recipients: Sequence[str],
        rcpts: Sequence[bytes],
        content: bytes,
        reset_first: bool,
    ) -> None:
        """`mail` and `rcpts`, a line for each recipient, end in CRLF, and so does `content`."""
        super().__init__(channel, timeouts, manner, recipients)
        self._mail = mail
        self._rcpts = rcpts
        self._content = content
        self._reset_first = reset_first

    @override
    def _begin(self) -> None:
        self.replied = self._on_reset if self._reset_first else self._on_mail
        self._patience = self._timeouts.mail
        if self._manner.pipelining:
            self._send_flight()
        else:
            self._line = b"RSET\r\n" if self._reset_first else self._mail

    def _send_flight(self) -> None:
        flight = [self._mail, *self._rcpts]
        if self._reset_first:
            flight.insert(0, b"RSET\r\n")
        if self._manner.one_flight:
            flight += chunks(self._content)
            self._open_chunks = 1
            self._writing = True
        elif not self._manner.chunking:
            flight.append(b"DATA\r\n")
        self._channel.send_soon(b"".join(flight), len(flight))

    def _then(self, expecting: Callable[[Reply], None], line: bytes, patience: float) -> None:
        """The next reply answers `line`, which is sent now unless its flight is out already."""
        self.replied = expecting
        self._patience = patience
        if not self._manner.pipelining:
            self._line = line

    def _on_reset(self, reply: Reply) -> None:
        if 200 <= reply.code < 300:
            self._then(self._on_mail, self._mail, self._timeouts.mail)
        else:
            self._channel.end(EndKind.CLOSED, "RSET was refused")

    def _on_mail(self, reply: Reply) -> None:
        if reply.code >= 300 and not self._is_refusal(reply):
            return
        self._mail_answered = True
        if reply.code >= 400:
            self._mail_refused = True
            for address in self._recipients:
                self._answer(address, reply)
            if not self._manner.pipelining:
                self._finish()
                return
        self._enter(Phase.RCPT)
        self._then(self._on_rcpt, self._rcpts[0], self._timeouts.rcpt)

    def _on_rcpt(self, reply: Reply) -> None:
        if reply.code >= 300 and not self._is_refusal(reply):
            return
        address = self._recipients[self._asked]
        self._asked += 1
        if not self._mail_refused:
            if reply.code < 400:
                self._accepted.append(address)
            else:
                self._answer(address, reply)
        if self._asked < len(self._rcpts):
            self._then(self._on_rcpt, self._rcpts[self._asked], self._timeouts.rcpt)
        elif self._accepted:
            if self.outcome.replies:
                self.outcome.overflow = self._overflow()
            self._offer_message()
        else:
            self._end_without_recipients()

    def _overflow(self) -> tuple[str, ...]:
        return tuple(
            address
            for address, answer in self.outcome.replies.items()
            if answer.reply is not None and (answer.reply.code, answer.reply.enhanced) in _TOO_MANY
        )

    def _end_without_recipients(self) -> None:
        """What is out already will be answered; what it says concerns nobody any more."""
        if self._manner.one_flight:
            self.replied, self._patience = self._on_chunk, self._timeouts.dot
        elif self._manner.pipelining and not self._manner.chunking:
            self.replied, self._patience = self._on_data_for_nobody, self._timeouts.data
        else:
            self._finish()

    def _on_data_for_nobody(self, reply: Reply) -> None:
        """A relay that wants a message without recipients gets an empty one."""
        if 300 <= reply.code < 400:
            self._line = b".\r\n"
            self.replied, self._patience = self._on_end_for_nobody, self._timeouts.dot
        elif reply.code >= 400:
            self._finish()
        else:
            self._garble(reply)

    def _on_end_for_nobody(self, reply: Reply) -> None:
        if reply.code < 300 or self._is_refusal(reply):
            self._finish()

    def _offer_message(self) -> None:
        if not self._manner.chunking:
            self._enter(Phase.DATA)
            self._then(self._on_data, b"DATA\r\n", self._timeouts.data)
            return
        self.replied = self._on_chunk
        if self._manner.one_flight:
            self._enter(Phase.BODY if self._writing else Phase.FINAL)
            self._patience = self._timeouts.dot
        else:
            self._write(chunks(self._content))

    def _on_data(self, reply: Reply) -> None:
        if 300 <= reply.code < 400:
            # The relay may refuse the message before it has all of it.
            self._channel.expect(1)
            self.replied = self._on_message
            self._write(blocks(self._content))
        elif reply.code >= 400:
            self._conclude(reply)
        else:
            self._garble(reply)

    def _on_message(self, reply: Reply) -> None:
        if reply.code >= 300 and not self._is_refusal(reply):
            return
        if self._last_octet:
            self._conclude(reply)
        elif reply.code >= 400:
            # A refusal while the message is being written answers DATA; the rest is not written.
            self._phase = Phase.DATA
            self._conclude(reply)
            self._channel.abort("refused before its end")
        else:
            self._garble(reply)

    @override
    def _on_chunk(self, reply: Reply) -> None:
        """One chunk refused is the message refused; those sent meanwhile are answered, too."""
        if reply.code >= 300 and not self._is_refusal(reply):
            return
        self._open_chunks -= 1
        if not self._refused and reply.code >= 400:
            if self._balks(reply):
                return
            self._refuse(reply)
        if not self._finished and not self._open_chunks:
            self._on_last_open_chunk(reply)

    def _refuse(self, reply: Reply) -> None:
        self._refused = True
        self._writing = False
        if not self._last_octet:
            self._phase = Phase.DATA
        self._answer_accepted(reply)
        if not self._channel.drained:
            self._finish()
            self._channel.abort("refused before its end")

    def _balks(self, reply: Reply) -> bool:
        """Whether the relay does not know BDAT; it takes the message for commands then."""
        # 503 is also what those say who want no message without recipients.
        if reply.code not in _NOT_FOLLOWED or (reply.code == 503 and not self._accepted):
            return False
        self.outcome.balked = True
        if self.outcome.cancelled:
            self._answer_accepted(reply)
        self._finish()
        self._channel.abort("BDAT was not understood")
        return True

    def _on_last_open_chunk(self, reply: Reply) -> None:
        if not self._channel.drained:
            self._garble(reply)
        elif self._refused or not self._accepted:
            self._finish()
        elif self._last_octet:
            self._taken = reply

    def _is_refusal(self, reply: Reply) -> bool:
        """Else it invites to go on, which only DATA's reply may, and ends the channel."""
        if reply.code < 400:
            self._garble(reply)
            return False
        return True
