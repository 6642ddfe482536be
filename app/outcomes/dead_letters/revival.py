"""A dead letter as it goes back to a queue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain import wire
from app.domain.record import Outgoing

if TYPE_CHECKING:
    from app.outcomes.dead_letters.letter import DeadLetter

_KEPT: Final = frozenset(
    {wire.MAIL_ID, wire.MAIL_ORIGIN, wire.MAIL_RECIPIENTS, wire.MAIL_FIRST_SEEN}
)
_DROPPED: Final = wire.OURS - _KEPT


def revived(letter: DeadLetter, topic: str, value: bytes) -> Outgoing:
    """Key, value and the producer's headers untouched; who it is and whom it is for stays.

    What tells of attempts and failures is dropped, so that counting begins anew.
    """
    record = letter.record
    origin = letter.origin
    return Outgoing(
        topic=topic,
        lane=origin.partition if origin else record.partition,
        key=record.key,
        value=value,
        headers=tuple(header for header in record.headers if header[0] not in _DROPPED),
    )
