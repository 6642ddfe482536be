"""What is remembered of an attempt: the addresses that turned out bad."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain.address_digest import raw_digest
from app.domain.suppression import Source, Suppression, entry
from app.outcomes.schedule import wait_ms
from app.telemetry import AddressView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.record import Outgoing
    from app.domain.smtp import Reply
    from app.outcomes.case import Case
    from app.outcomes.decision import Suppressing
    from app.outcomes.fates import Fate

# Producers may have made the id of the address.
_MASK: Final = AddressView()


def notes_for(
    case: Case, fates: Sequence[Fate], suppressing: Suppressing | None, *, now_ms: int
) -> tuple[Outgoing, ...]:
    """An entry for each address that later mail should not be tried at."""
    if suppressing is None:
        return ()
    notes = []
    for verdict, _ in fates:
        if not verdict.suppress:
            continue
        digest = raw_digest(verdict.address)
        if suppressing.stands(digest):
            continue
        suppression = Suppression(
            Source.BOUNCE,
            "the relay refused the address for good",
            since_ms=now_ms,
            until_ms=now_ms + wait_ms(suppressing.ttl_s),
            code=_code(verdict.reply),
            mail_id=_MASK.scrub(case.mail_id),
        )
        notes.append(entry(suppressing.topic, digest, suppression))
    return tuple(notes)


def _code(reply: Reply | None) -> str | None:
    return f"{reply.code} {reply.enhanced or ''}".rstrip() if reply else None
