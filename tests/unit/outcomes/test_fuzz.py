"""Ten thousand wrong records: each has exactly one outcome, and it names the record."""

from __future__ import annotations

from collections import Counter
from random import Random

import orjson
import pytest

from app.domain.claim import Claim
from app.domain.job import Hop, MailJob, Refused
from app.domain.outcome import Attempt, Status, Verdict
from app.domain.record import Outgoing, Record
from app.intake.decode import Decoder, DecoderConfig
from app.intake.taking import NotDue, QueueTaking, Taking, TierTaking
from app.outcomes import Decision, decide, decide_hop, decide_refused
from tests.support.fuzzed import BROKEN_HEADERS, fuzzed
from tests.unit.outcomes.builders import NOW, QUEUE, ROUTES, accepted, deferred, refused, result_of

COUNT = 10_000
TIER = f"{QUEUE}-retry-30s"
ENDS = (accepted, deferred, refused)


def takings() -> dict[str, Taking]:
    decoder = Decoder(DecoderConfig(max_bytes=1_000_000, ttl={"password_reset": 3600.0}))
    queue = QueueTaking(decoder, lambda _: 1000, lambda: NOW)
    return {QUEUE: queue, TIER: TierTaking(queue, {TIER: 30_000}, lambda: NOW)}


def decided(taken: MailJob | Refused | Hop, rng: Random) -> Decision:
    match taken:
        case Refused():
            return decide_refused(taken, ROUTES, now_ms=NOW)
        case Hop():
            return decide_hop(taken, ROUTES, now_ms=NOW)
        case MailJob():
            verdicts = [_verdict(address.spec, rng) for address in taken.recipients]
            attempt = Attempt("relay-a", "<a@example.com>", tuple(verdicts))
            return decide(taken, attempt, ROUTES, now_ms=NOW, rng=rng)


def _verdict(address: str, rng: Random) -> Verdict:
    verdict = rng.choice(ENDS)("ann")
    return Verdict(address, verdict.kind, permanent=verdict.permanent, reply=verdict.reply)


@pytest.mark.parametrize("topic", [QUEUE, TIER])
def test_each_of_ten_thousand_wrong_records_has_exactly_one_outcome(topic: str) -> None:
    rng, taking, found = Random(topic), takings()[topic], Counter[Status | None]()
    for offset, wrong in enumerate(fuzzed(17, COUNT)):
        appended_ms = NOW - 30_000
        record = Record(
            topic, 3, offset, appended_ms, wrong.key, wrong.encoded(), tuple(wrong.headers)
        )
        taken = taking(record, Claim(*record.origin, epoch=1))
        assert not isinstance(taken, NotDue)
        decision = decided(taken, rng)

        assert decision.claim == taken.claim
        found[decision.status] += 1
        letters = Counter(letter.topic for letter in decision.letters)
        assert max(letters.values(), default=1) == 1
        assert {letter.value for letter in decision.letters} <= {record.value}
        if decision.status is None:
            assert letters.total() == 1
            continue
        result = result_of(decision)
        assert result["origin"] == str(taken.trail.origin)
        # Whoever is not delivered to or expired has a letter, and nobody else.
        statuses = {each["status"] for each in result["recipients"]} or {result["status"]}
        assert letters.total() == len(statuses & {"retrying", "dead"})
    assert found.total() == COUNT
    for status in (Status.DELIVERED, Status.DEAD, Status.RETRYING, Status.EXPIRED):
        assert found[status] > 20, f"the records reach the outcome {status}"


@pytest.mark.parametrize(("name", "value"), BROKEN_HEADERS)
def test_a_broken_header_of_ours_makes_a_dead_letter_that_names_it(name: str, value: bytes) -> None:
    """In a tier and in the queue, whither a dead letter edited by hand is replayed."""
    for topic, taking in takings().items():
        headers = (("x-producer", b"\xff"), (name, value))
        whole = orjson.dumps({"to": "ann@example.com", "subject": "s", "text": "t"})
        record = Record(topic, 3, 17, NOW - 30_000, b"key", whole, headers)
        taken = taking(record, Claim(*record.origin, epoch=1))
        assert isinstance(taken, Refused)
        letter = dead_letter_of(decided(taken, Random(1)))
        told = dict(letter.headers)
        assert told["mail-error-kind"] == b"invalid_message"
        assert told["mail-error-text"].startswith(f"header {name}: ".encode())
        assert told["mail-origin"].decode() == f"{topic}/3/17"
        assert (letter.key, letter.value) == (record.key, record.value)
        assert told["x-producer"] == b"\xff"


def dead_letter_of(decision: Decision) -> Outgoing:
    (letter,) = decision.letters
    assert letter.topic == ROUTES.dead_letters
    return letter
