"""A connection on which transactions follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain.smtp import Phase, RecipientReply, Reply
from app.relay.channel import Channel
from app.relay.dialogue import Outcome, Transaction
from app.relay.framing import mail_line, rcpt_line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.smtp import Envelope
    from app.flow import Clock
    from app.relay.config import RelayConfig
    from app.relay.opening import Opened

_FRUITLESS: Final = 5
"""Transactions without delivery in a row, after which Postfix would slow us down."""
_CONFUSED: Final = {500, 502, 503, 504}
_QUIT_TIMEOUT: Final = 2.0


class Connection:
    """One open connection with its past, which says whether it may be used again."""

    def __init__(
        self,
        opened: Opened,
        config: RelayConfig,
        clock: Clock,
        on_end: Callable[[Connection], None],
    ) -> None:
        self._config = config
        self._clock = clock
        self._on_end = on_end
        self._born = clock.monotonic()
        self._messages = 0
        self._fruitless = 0
        self._reset_first = False
        self._confused = False
        self.features = opened.features
        self.idle_since = self._born
        self.fresh = True
        self._channel = Channel(opened.transport, self._ended)

    @property
    def alive(self) -> bool:
        return self._channel.ended is None

    @property
    def usable(self) -> bool:
        """Whether another transaction may begin on it."""
        return (
            self.alive
            and not self._confused
            and self._fruitless < _FRUITLESS
            and self._messages < self._config.max_messages
            and self._clock.monotonic() - self._born < self._config.max_age_s
        )

    def objection(self, envelope: Envelope, size: int) -> Reply | None:
        """What the relay would say to this message, known without asking it."""
        limit = self.features.max_size
        if limit is not None and size > limit:
            return Reply(552, "5.3.4", f"message of {size} octets; the relay takes {limit}")
        if envelope.smtputf8 and not self.features.smtputf8:
            return Reply(550, "5.6.7", "the relay does not offer SMTPUTF8")
        return None

    async def transact(
        self, envelope: Envelope, recipients: Sequence[str], body: bytes, size: int
    ) -> Outcome:
        """Send one message to at most 100 recipients; `body` is stuffed, `size` is not.

        Never raises for what relay or network do. Cancellation: see `Transaction.run`.
        """
        objection = self.objection(envelope, size)
        if objection is not None:
            return Outcome(
                {each: RecipientReply(each, Phase.MAIL, objection) for each in recipients}
            )
        transaction = Transaction(
            self._channel,
            self._config.timeouts,
            mail=mail_line(envelope, size, self.features),
            recipients=[(each, rcpt_line(each, envelope)) for each in recipients],
            body=body,
            reset_first=self._reset_first,
        )
        outcome = await transaction.run(pipelining=self.features.pipelining)
        self._remember(outcome)
        return outcome

    def _remember(self, outcome: Outcome) -> None:
        self._messages += 1
        self._reset_first = not outcome.delivered
        if outcome.delivered:
            self._fruitless = 0
            return
        self._fruitless += 1
        self._confused = any(
            answer.reply is not None and answer.reply.code in _CONFUSED
            for answer in outcome.replies.values()
        )

    def abort(self) -> None:
        self._channel.abort()

    async def quit(self) -> None:
        """Close politely; a connection that has ended already is left as it is."""
        await self._channel.quit(_QUIT_TIMEOUT)
        await self._channel.lost()

    def _ended(self) -> None:
        self._on_end(self)
