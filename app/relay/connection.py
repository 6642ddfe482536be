"""A connection on which transactions follow each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from app.domain.smtp import Phase, Reply
from app.relay.channel import Channel
from app.relay.dialogue import Transaction
from app.relay.framing import BLOCK, mail_line, rcpt_line
from app.relay.manner import manner_of
from app.relay.observer import Laps
from app.relay.watched import Watched
from app.telemetry.in_hand import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.smtp import Envelope
    from app.flow import Clock
    from app.relay.chunking import Chunking
    from app.relay.config import RelayConfig
    from app.relay.manner import Manner
    from app.relay.observer import RelayObserver
    from app.relay.opening import Opened
    from app.relay.outbox import Outbox
    from app.relay.outcome import Outcome

_FRUITLESS: Final = 5
"""Transactions without delivery in a row, after which Postfix would slow us down."""
_CONFUSED: Final = {500, 502, 503, 504}
_QUIT_TIMEOUT: Final = 2.0
_SURELY_OPEN_S: Final = 5.0
"""A connection that was used so lately will hardly end just when the next message is written."""


class Connection:
    """One open connection with its past, which says whether it may be used again."""

    def __init__(
        self,
        opened: Opened,
        config: RelayConfig,
        clock: Clock,
        chunking: Chunking,
        on_end: Callable[[Connection], None],
        *,
        outbox: Outbox,
        observer: RelayObserver | None = None,
    ) -> None:
        self._config = config
        self._chunking = chunking
        self._clock = clock
        self._on_end = on_end
        self._observer = observer
        self._born = clock.monotonic()
        self._messages = 0
        self._fruitless = 0
        self._reset_first = False
        self._confused = False
        self.features = opened.features
        self._last_used = self._born
        self.idle_since = self._born
        self.fresh = True
        self._channel = Channel(opened.transport, self._ended, outbox)

    @property
    def alive(self) -> bool:
        return self._channel.ended is None

    @property
    def usable(self) -> bool:
        """Whether another transaction may begin on it."""
        return (
            self._channel.ended is None
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
        self, envelope: Envelope, recipients: Sequence[str], content: bytes
    ) -> Outcome:
        """Send one message to at most 100 recipients; `content` ends in CRLF.

        Never raises for what relay or network do. Cancellation: see `Transaction.run`.
        """
        size = len(content)
        manner = self._manner(size)
        seen = steps()
        transaction = (Transaction if seen is None else partial(Watched, seen))(
            self._channel,
            self._config.timeouts,
            manner,
            mail=mail_line(envelope, size, self.features),
            recipients=recipients,
            rcpts=[rcpt_line(each, envelope) for each in recipients],
            content=content,
            reset_first=self._reset_first,
        )
        if self._observer is not None:
            transaction.laps = Laps(Phase.MAIL, self._observer)
        outcome = await transaction.run()
        self._remember(outcome)
        if manner.chunking:
            self._judge_chunking(outcome, len(recipients))
        return outcome

    def _manner(self, size: int) -> Manner:
        """In one flight the last octet is written before the first reply.

        So it is for connections whose end just then is unlikely, and for messages that may well
        be sent in vain when all recipients are refused.
        """
        pipelining = self.features.pipelining
        if not self.features.chunking or not self._chunking.trusted:
            return manner_of(pipelining=pipelining)
        one_flight = (
            pipelining
            and size <= BLOCK
            and not self._reset_first
            and self._clock.monotonic() - self._last_used <= _SURELY_OPEN_S
        )
        return manner_of(
            pipelining=pipelining,
            chunking=True,
            one_flight=one_flight,
            proven=self._chunking.proven,
        )

    def _judge_chunking(self, outcome: Outcome, recipients: int) -> None:
        if outcome.delivered:
            self._chunking.worked()
        elif outcome.balked:
            self._chunking.broken()
            outcome.again = len(outcome.replies) < recipients
        elif outcome.lost_at_bdat:
            self._chunking.lost()

    def _remember(self, outcome: Outcome) -> None:
        self._last_used = self._clock.monotonic()
        self._messages += 1
        self._reset_first = not outcome.delivered
        if outcome.delivered:
            self._fruitless = 0
            return
        outcome.again = outcome.unused and not self.fresh and not outcome.cancelled
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
