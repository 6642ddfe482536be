"""The message that is being decided upon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.lean import lean

if TYPE_CHECKING:
    from app.domain.claim import Claim
    from app.domain.job import Hop, Refused, Trail
    from app.domain.message import Message
    from app.domain.outcome import Attempt
    from app.domain.record import Headers, Record


@lean
@dataclass(frozen=True, slots=True)
class Case:
    """What is being decided; `number` is the attempt's, or how many were made when none was.

    `context` of the trace for the records that follow; None where the record's own goes on.
    """

    claim: Claim
    record: Record
    trail: Trail
    message: Message | None
    number: int
    attempt: Attempt | None = None
    queued_s: float = 0.0
    error: BaseException | None = None
    context: Headers | None = None

    @classmethod
    def of(cls, item: Refused | Hop, context: Headers | None = None) -> Case:
        """A record that no attempt was made at."""
        return cls(
            item.claim,
            item.record,
            item.trail,
            item.message,
            item.trail.attempts,
            context=context,
        )

    @property
    def mail_id(self) -> str:
        """Undecodable records have the id that is the default: their origin's."""
        if self.message is not None:
            return self.message.id
        return "{}-{}-{}".format(*self.trail.origin)

    def age_s(self, now_ms: int) -> float | None:
        """Since it was first seen, or was to be sent; None where no time was recorded."""
        since_ms: float = self.trail.first_seen_ms
        if since_ms < 0:
            return None
        if self.message is not None and self.message.send_at is not None:
            since_ms = max(since_ms, self.message.send_at.timestamp() * 1000)
        return max(0.0, (now_ms - since_ms) / 1000)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody whom this record is for."""
        return self.everybody if self.trail.recipients is None else self.trail.recipients

    @property
    def everybody(self) -> tuple[str, ...]:
        """Everybody whom the message names."""
        return tuple(address.spec for address in self.message.recipients) if self.message else ()
