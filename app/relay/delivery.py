"""One message to all its recipients, in as many transactions as that takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from app.domain.smtp import Phase, RecipientReply, RelayUnavailable
from app.relay.failure import Unfit
from app.relay.framing import closed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.smtp import Composed, Reply
    from app.relay.outcome import Outcome

_MOST_RECIPIENTS: Final = 100


class Transactor(Protocol):
    async def transact(
        self, composed: Composed, recipients: Sequence[str], content: bytes
    ) -> Outcome: ...


async def deliver(relay: Transactor, composed: Composed) -> tuple[RecipientReply, ...]:
    """One reply for each recipient; RelayUnavailable and Unfit where nobody has one."""
    recipients = composed.envelope.recipients
    if len(recipients) > 1:
        return await Delivery(relay, composed).run()
    outcome = await relay.transact(composed, recipients, closed(composed.content))
    return (outcome.replies[recipients[0]],)


class Delivery:
    """What is told to whom, transaction by transaction."""

    def __init__(self, relay: Transactor, composed: Composed) -> None:
        self._relay = relay
        self._composed = composed
        self._replies: dict[str, RecipientReply] = {}
        self._handed_over = False

    async def run(self) -> tuple[RecipientReply, ...]:
        """One reply for each recipient; RelayUnavailable and Unfit where nobody has one."""
        content = closed(self._composed.content)
        recipients = self._composed.envelope.recipients
        waiting = list(dict.fromkeys(recipients))
        while waiting:
            batch, later = waiting[:_MOST_RECIPIENTS], waiting[_MOST_RECIPIENTS:]
            try:
                outcome = await self._relay.transact(self._composed, batch, content)
            except RelayUnavailable as error:
                if not self._replies:
                    raise
                if isinstance(error.__cause__, asyncio.CancelledError):
                    _forget_cancellation()
                self._leave(waiting, None, error.detail)
                break
            except Unfit as error:
                if not self._replies:
                    raise
                self._leave(waiting, error.reply, "")
                break
            except asyncio.CancelledError:
                if not self._handed_over:
                    raise
                _forget_cancellation()
                self._leave(waiting, None, "cancelled")
                break
            self._replies.update(outcome.replies)
            self._handed_over |= outcome.last_octet
            waiting = [*outcome.overflow, *later]
            if waiting and (hindrance := _hindrance(outcome)) is not None:
                self._leave(waiting, hindrance.reply, hindrance.detail)
                break
        return tuple(self._replies[each] for each in recipients)

    def _leave(self, recipients: Sequence[str], reply: Reply | None, detail: str) -> None:
        """Those not tried any more: they share what hindered us, unless they have their own."""
        for each in recipients:
            self._replies.setdefault(each, RecipientReply(each, Phase.MAIL, reply, detail))


def _hindrance(outcome: Outcome) -> RecipientReply | None:
    """What makes it senseless to go on with the next transaction at once."""
    for answer in outcome.replies.values():
        if answer.reply is None or answer.reply.code == 421:
            return answer
    if outcome.cancelled:
        return RecipientReply("", Phase.MAIL, None, "cancelled")
    return None


def _forget_cancellation() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
