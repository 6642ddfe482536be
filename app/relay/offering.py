"""One message on its way from relay to relay, until one has answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from app.domain.smtp import Phase, RecipientReply, RelayUnavailable, SendReport
from app.relay.failure import Unfit
from app.relay.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.smtp import Composed, Reply

_CROWDED_S: Final = 0.25


async def send_to(relay: Relay, composed: Composed) -> SendReport:
    """As an offering to this relay alone, which most messages need no object for."""
    try:
        return await relay.send(composed)
    except Unfit as why:
        return _refusal(relay.name, composed, why.reply)


class Offering:
    """Asks the relays of `levels`, best level first, each once at most; see `Relays.send`.

    `pick` says whose turn it is among several.
    """

    def __init__(
        self, levels: Sequence[Sequence[Relay]], pick: Callable[[Sequence[Relay]], Relay]
    ) -> None:
        self._levels = levels
        self._pick = pick
        self._tried: set[Relay] = set()
        self._troubles: list[RelayUnavailable] = []
        self._lost: SendReport | None = None
        self._unfit: SendReport | None = None

    async def run(self, composed: Composed) -> SendReport:
        """The report of the relay that answered, else what there is to say of the others."""
        while (relay := self._next()) is not None:
            self._tried.add(relay)
            try:
                report = await relay.send(composed)
            except RelayUnavailable as trouble:
                if isinstance(trouble.__cause__, asyncio.CancelledError):
                    raise
                self._troubles.append(trouble)
            except Unfit as why:
                self._unfit = self._unfit or _refusal(relay.name, composed, why.reply)
            else:
                if not _is_lost(report):
                    return report
                self._lost = self._lost or report
        if self._lost is not None:
            return self._lost
        if self._troubles:
            raise min(self._troubles, key=lambda trouble: trouble.retry_in)
        if self._unfit is None:
            raise RuntimeError("no relay was asked, and none has said why")
        return self._unfit

    def _next(self) -> Relay | None:
        """Whom to ask now; None for nobody, with the reason unless there are some."""
        left = self._levels
        if self._tried:
            left = [[each for each in level if each not in self._tried] for level in left]
        for level in left:
            if ready := [each for each in level if each.ready_in() == 0]:
                return self._least_busy(ready)
            if healthy := [each for each in level if each.healthy]:
                self._troubles.append(min(healthy, key=Relay.ready_in).unavailable())
                return None
        away = [each for level in left for each in level]
        if away and not self._troubles:
            self._troubles.append(min(away, key=Relay.ready_in).unavailable())
        return None

    def _least_busy(self, ready: Sequence[Relay]) -> Relay | None:
        """Who is slow to give a connection gets no more of them meanwhile."""
        relay = ready[0]
        if len(ready) > 1:
            least = min(each.waiting for each in ready)
            relay = self._pick([each for each in ready if each.waiting == least])
        if not relay.crowded or sum(map(len, self._levels)) == 1:
            return relay
        self._troubles.append(
            RelayUnavailable(relay.name, "its connections are in use", retry_in=_CROWDED_S)
        )
        return None


def _refusal(relay: str, composed: Composed, reply: Reply) -> SendReport:
    """As the relay would have answered."""
    recipients = composed.envelope.recipients
    return SendReport(
        relay, tuple(RecipientReply(each, Phase.MAIL, reply) for each in recipients), 0.0
    )


def _is_lost(report: SendReport) -> bool:
    """Whether nothing was answered and the last octet was not written."""
    return all(each.reply is None and each.phase is not Phase.FINAL for each in report.replies)
