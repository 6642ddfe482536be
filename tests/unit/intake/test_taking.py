"""What becomes of a record: job, refusal, hop, or a wait at the head of a tier."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from typing_extensions import override

from app.domain.claim import Claim
from app.domain.job import Hop, MailJob, Refused, RefusedAs
from app.intake.decode import Decoded, Decoder, DecoderConfig
from app.intake.taking import NotDue, QueueTaking, TierTaking
from tests.support.records import APPENDED_MS, flat, record

if TYPE_CHECKING:
    from app.domain.message import Message
    from app.domain.record import Record

TIER = "email-queue-retry-30s"


def estimate(message: Message) -> int:
    return 1000


def queue_at(now_ms: int) -> QueueTaking:
    return QueueTaking(Decoder(DecoderConfig(max_bytes=100_000)), estimate, lambda: now_ms)


def tier_at(now_ms: int) -> TierTaking:
    return TierTaking(queue_at(now_ms), {TIER: 30_000}, lambda: now_ms)


def claim(taken: Record) -> Claim:
    return Claim(taken.topic, taken.partition, taken.offset, 1)


def rfc3339(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).isoformat()


def in_tier(taken: Record, *headers: tuple[str, bytes]) -> Record:
    return replace(taken, topic=TIER, headers=(*taken.headers, *headers))


def test_a_good_record_is_a_job_of_its_own_and_its_composed_size() -> None:
    taken = flat()
    job = queue_at(APPENDED_MS)(taken, claim(taken))
    assert isinstance(job, MailJob)
    assert job.size == taken.size + 1000
    assert [one.spec for one in job.recipients] == ["ann@example.com"]


def test_what_cannot_be_decoded_is_refused_with_the_reason() -> None:
    taken = record(b"{")
    refused = queue_at(APPENDED_MS)(taken, claim(taken))
    assert isinstance(refused, Refused)
    assert refused.why is RefusedAs.INVALID
    assert refused.trail.origin == taken.origin


def test_a_decoder_that_crashes_costs_that_record_alone() -> None:
    class Crashing(Decoder):
        @override
        def decode(self, record: Record) -> Decoded:
            raise ZeroDivisionError

    taking = QueueTaking(Crashing(DecoderConfig(max_bytes=1)), estimate, lambda: 0)
    refused = taking(flat(), claim(flat()))
    assert isinstance(refused, Refused)
    assert "ZeroDivisionError" in refused.reason


def test_what_has_expired_is_refused_as_expired() -> None:
    taken = flat(expires_at=rfc3339(APPENDED_MS + 1000))
    assert isinstance(queue_at(APPENDED_MS)(taken, claim(taken)), MailJob)
    refused = queue_at(APPENDED_MS + 1000)(taken, claim(taken))
    assert isinstance(refused, Refused)
    assert refused.why is RefusedAs.EXPIRED


def test_what_is_scheduled_hops_until_it_is_due() -> None:
    taken = flat(send_at=rfc3339(APPENDED_MS + 60_000))
    hop = queue_at(APPENDED_MS)(taken, claim(taken))
    assert isinstance(hop, Hop)
    assert hop.not_before_ms == APPENDED_MS + 60_000
    assert isinstance(queue_at(APPENDED_MS + 60_000)(taken, claim(taken)), MailJob)


def test_the_head_of_a_tier_waits_for_its_own_time() -> None:
    taken = in_tier(flat(), ("mail-not-before", str(APPENDED_MS + 20_000).encode()))
    assert tier_at(APPENDED_MS)(taken, claim(taken)) == NotDue(20.0)
    assert isinstance(tier_at(APPENDED_MS + 20_000)(taken, claim(taken)), MailJob)


def test_nobody_waits_behind_a_head_longer_than_the_tiers_delay() -> None:
    taken = in_tier(flat(), ("mail-not-before", str(APPENDED_MS + 100_000).encode()))
    assert tier_at(APPENDED_MS)(taken, claim(taken)) == NotDue(30.0)
    hop = tier_at(APPENDED_MS + 30_000)(taken, claim(taken))
    assert isinstance(hop, Hop)
    assert hop.not_before_ms == APPENDED_MS + 100_000


def test_a_broken_time_in_a_tier_does_not_hold_up_the_tier() -> None:
    taken = in_tier(flat(), ("mail-not-before", b"soon"))
    assert tier_at(APPENDED_MS)(taken, claim(taken)) == NotDue(30.0)
    refused = tier_at(APPENDED_MS + 30_000)(taken, claim(taken))
    assert isinstance(refused, Refused)
    assert "mail-not-before" in refused.reason


def test_a_time_far_in_the_future_hops_after_the_tiers_delay() -> None:
    """As somebody may write it by hand: the end of year 9999."""
    never = 253_402_300_799_999
    taken = in_tier(flat(), ("mail-not-before", str(never).encode()))
    assert tier_at(APPENDED_MS)(taken, claim(taken)) == NotDue(30.0)
    hop = tier_at(APPENDED_MS + 30_000)(taken, claim(taken))
    assert isinstance(hop, Hop)
    assert hop.not_before_ms == never


def test_a_record_without_a_timestamp_does_not_hold_up_the_tier() -> None:
    taken = replace(in_tier(flat()), timestamp_ms=-1)
    assert isinstance(tier_at(APPENDED_MS)(taken, claim(taken)), MailJob)


def test_a_clock_put_back_by_hours_holds_nobody_longer_than_the_tiers_delay() -> None:
    """The head goes on to wait for its own time elsewhere, those behind it are not held again."""
    wall_ms, seconds = [APPENDED_MS], [100.0]
    taking = TierTaking(
        queue_at(APPENDED_MS - 3 * 3_600_000),
        {TIER: 30_000},
        lambda: wall_ms[0],
        lambda: seconds[0],
    )
    due = ("mail-not-before", str(APPENDED_MS + 28_000).encode())
    taken = [replace(in_tier(flat(), due), offset=offset) for offset in range(3)]
    assert taking(taken[0], claim(taken[0])) == NotDue(28.0)
    wall_ms[0] -= 3 * 3_600_000
    seconds[0] += 27.5
    assert taking(taken[0], claim(taken[0])) == NotDue(0.5)
    seconds[0] += 0.5
    for each in taken:
        hop = taking(each, claim(each))
        assert isinstance(hop, Hop)
        assert hop.not_before_ms == APPENDED_MS + 28_000


def test_a_new_assignment_looks_at_its_head_anew() -> None:
    wall_ms, seconds = APPENDED_MS - 3_600_000, [0.0]
    taking = TierTaking(queue_at(APPENDED_MS), {TIER: 30_000}, lambda: wall_ms, lambda: seconds[0])
    taken = in_tier(flat())
    assert taking(taken, claim(taken)) == NotDue(30.0)
    seconds[0] = 20.0
    assert taking(taken, claim(taken)._replace(epoch=2)) == NotDue(30.0)


def test_expiry_goes_by_the_wall_clock_of_the_moment_at_which_a_record_is_taken() -> None:
    taken = in_tier(flat(expires_at=rfc3339(APPENDED_MS + 60_000)))
    later = tier_at(APPENDED_MS + 3_600_000)(taken, claim(taken))
    assert isinstance(later, Refused)
    assert later.why is RefusedAs.EXPIRED
    assert isinstance(tier_at(APPENDED_MS + 30_000)(taken, claim(taken)), MailJob)
