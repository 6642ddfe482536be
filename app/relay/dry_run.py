"""In the place of the relays: takes every message and sends none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from typing_extensions import override

from app.domain.smtp import Phase, RecipientReply, Reply, SendReport
from app.relay.relays import Relays

if TYPE_CHECKING:
    from app.domain.smtp import Composed

NAME: Final = "dry-run"
ANSWER: Final = Reply(250, "2.0.0", "dry run: composed, and sent nowhere")


class DryRun(Relays):
    """Connects to nothing. What it reports names `dry-run` as the relay, and says so in words."""

    @override
    async def start(self) -> None:
        """Nothing is needed."""

    @override
    async def reread_certificates(self) -> None:
        """As little."""

    @override
    async def send(
        self, composed: Composed, *, type: str | None = None, sender_domain: str | None = None
    ) -> SendReport:
        del type, sender_domain
        replies = (
            RecipientReply(address, Phase.FINAL, ANSWER) for address in composed.envelope.recipients
        )
        return SendReport(NAME, tuple(replies), 0.0)

    @override
    def accepted_lately(self, relay_name: str) -> bool:
        return True
