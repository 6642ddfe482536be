"""What becomes of a record that was read: a job, a refusal, a hop, or a wait at the head."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from app.domain.errors import InvalidMessage
from app.domain.job import Hop, MailJob, Refused, RefusedAs
from app.domain.record import Partition
from app.intake.head import Head
from app.intake.trail import trail_of
from app.telemetry.in_hand import in_hand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.claim import Claim
    from app.domain.clock import WallClock
    from app.domain.message import Message
    from app.domain.record import Record
    from app.intake.decode import Decoder

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NotDue:
    """The record stays at the head of its partition for so long, by the clocks of this moment."""

    wait_s: float


class Taking(Protocol):
    """Decides about one record; pure but for the clocks."""

    def __call__(self, record: Record, claim: Claim) -> MailJob | Refused | Hop | NotDue: ...


class QueueTaking:
    """Takes from the queue: everything is due, what is scheduled later hops through the tiers."""

    def __init__(
        self, decoder: Decoder, estimate: Callable[[Message], int], clock: WallClock
    ) -> None:
        self._decoder = decoder
        self._estimate = estimate
        self._clock = clock

    def __call__(self, record: Record, claim: Claim) -> MailJob | Refused | Hop:
        now = self._clock()
        try:
            message, trail, recipients = self._decoder.decode(record)
        except InvalidMessage as error:
            return Refused(claim, record, trail_of(record), RefusedAs.INVALID, str(error))
        except Exception as error:
            # One record must never stop the others, whatever it does to our own code.
            with in_hand(trail_of(record).origin):
                log.exception("decoding failed at %s/%d/%d", *record.origin)
            reason = f"decoding failed: {type(error).__name__}"
            return Refused(claim, record, trail_of(record), RefusedAs.INVALID, reason)
        if message.expires_at is not None and _ms(message.expires_at.timestamp()) <= now:
            reason = f"expired at {message.expires_at.isoformat()}"
            return Refused(claim, record, trail, RefusedAs.EXPIRED, reason, message)
        not_before = trail.not_before_ms or 0
        if message.send_at is not None:
            not_before = max(not_before, _ms(message.send_at.timestamp()))
        if not_before > now:
            return Hop(claim, record, trail, message, not_before)
        size = record.size + self._estimate(message)
        return MailJob(claim, record, trail, message, recipients, size)


class TierTaking:
    """Takes from the retry tiers: the head waits until it is due, then as from the queue.

    Due is the earlier of the record's own time and its append time plus the tier's delay, so that
    nobody waits behind a head for longer than the tier's delay; what is left of a wait hops again.
    """

    def __init__(
        self,
        taking: Taking,
        delays_ms: Mapping[str, int],
        clock: WallClock,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._taking = taking
        self._delays_ms = delays_ms
        self._clock = clock
        self._monotonic = monotonic
        self._heads: dict[Partition, Head] = {}

    def __call__(self, record: Record, claim: Claim) -> MailJob | Refused | Hop | NotDue:
        delay_ms = self._delays_ms[record.topic]
        due_ms = record.timestamp_ms + delay_ms
        own_ms = trail_of(record).not_before_ms
        wait_s = self._head(claim).wait_s(
            claim,
            appended_ms=record.timestamp_ms,
            due_ms=due_ms if own_ms is None else min(due_ms, own_ms),
            delay_ms=delay_ms,
            now_ms=self._clock(),
            now_s=self._monotonic(),
        )
        return NotDue(wait_s) if wait_s > 0 else self._taking(record, claim)

    def _head(self, claim: Claim) -> Head:
        partition = Partition(claim.topic, claim.partition)
        head = self._heads.get(partition)
        if head is None or head.epoch != claim.epoch:
            head = self._heads[partition] = Head(claim.epoch)
        return head


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
