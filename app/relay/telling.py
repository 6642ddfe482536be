"""What one relay made of one message, for its trace and for the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.smtp import Composed, RecipientReply
    from app.relay.config import RelayConfig
    from app.telemetry.in_hand import AnyPart, Attributes

_log = logging.getLogger("app.relay")


def about(config: RelayConfig) -> Attributes:
    """Which relay is asked."""
    return {
        "mailer.relay": config.name,
        "server.address": config.host,
        "server.port": config.port,
    }


def tell_asked(relay: str, *, kept: bool) -> None:
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug("relay %s is asked on a %s connection", relay, "kept" if kept else "new")


def tell_answer(
    relay: str, sending: AnyPart, composed: Composed, replies: Sequence[RecipientReply]
) -> None:
    """Codes and phases only, for the words may name the recipient."""
    if sending.recorded:
        _note(sending, composed, replies)
    if _log.isEnabledFor(logging.DEBUG):
        told = ", ".join(dict.fromkeys(map(_in_short, replies)))
        _log.debug("relay %s answered for %d recipients: %s", relay, len(replies), told)


def _note(sending: AnyPart, composed: Composed, replies: Sequence[RecipientReply]) -> None:
    """The first reply that is no acceptance, or the first of all."""
    telling = next((each for each in replies if not _is_accepted(each)), replies[0])
    sending.note({"mailer.recipients": len(replies), "mailer.size": len(composed.content)})
    if telling.reply is None:
        sending.failed(f"lost in {telling.phase}")
        return
    sending.note({"mailer.smtp.phase": telling.phase, "mailer.smtp.code": telling.reply.code})
    if not _is_accepted(telling):
        sending.failed(str(telling.reply.code))


def _in_short(answer: RecipientReply) -> str:
    said = "lost" if answer.reply is None else f"{answer.reply.code}"
    return f"{said} in {answer.phase}"


def _is_accepted(answer: RecipientReply) -> bool:
    return answer.reply is not None and answer.reply.code < 400
