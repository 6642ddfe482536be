"""A retry that its topic refuses as too large."""

from __future__ import annotations

from app.domain.claim import Claim
from app.domain.job import Hop
from app.domain.outcome import ErrorKind, Status
from app.outcomes import Decision, decide_hop, decide_unparked
from tests.unit.outcomes.builders import (
    NO_RESULTS,
    NOW,
    QUEUE,
    ROUTES,
    accepted,
    attempt,
    decided,
    deferred,
    fates,
    header,
    job,
    message,
    record,
    refused,
    result_of,
    trail,
)

LATER = NOW + 1000


def waiting() -> Decision:
    hop = Hop(Claim(QUEUE, 3, 41, epoch=1), record(), trail(), message("ann", "bob"), NOW + 60_000)
    return decide_hop(hop, ROUTES, now_ms=NOW)


def test_it_becomes_a_dead_letter_that_names_the_topic_and_keeps_the_failure() -> None:
    retrying = decided(job("ann"), attempt(deferred("ann")))
    [retry] = retrying.letters

    decision = decide_unparked(retrying, retry, ROUTES, now_ms=LATER)

    [letter] = decision.letters
    assert (retrying.claim, Status.DEAD, ErrorKind.TEMPORARY) == (
        decision.claim,
        decision.status,
        decision.kind,
    )
    assert ("email-dlq", retry.lane, retry.key, retry.value) == (
        letter.topic,
        letter.lane,
        letter.key,
        letter.value,
    )
    assert header(letter, "mail-error-text") == (
        "retry topic email-queue-retry-30s refuses 13 bytes, by its max.message.bytes; try later"
    )
    assert header(letter, "mail-error-kind") == "temporary"
    assert header(letter, "mail-error-code") == "451 4.3.0"
    assert header(letter, "mail-attempt") == "1"
    assert header(letter, "mail-failed-at") == str(LATER)
    assert header(letter, "mail-not-before") is None


def test_its_result_is_about_those_alone_who_were_to_be_tried_again() -> None:
    mail = job("ann", "bob", "cem")
    retrying = decided(mail, attempt(accepted("ann"), deferred("bob"), refused("cem")))
    [retry] = [one for one in retrying.letters if one.topic != "email-dlq"]

    decision = decide_unparked(retrying, retry, ROUTES, now_ms=LATER)

    before, result = result_of(retrying), result_of(decision)
    assert {"bob": "dead"} == fates(decision)
    assert (result["status"], result["next_attempt_at"]) == ("dead", None)
    assert result["reply"].startswith("retry topic email-queue-retry-30s refuses")
    assert result["recipients"] == [{"address": "bob@example.com", "status": "dead", "code": 451}]
    assert decision.result is not None
    assert retrying.result is not None
    assert decision.result.lane == retrying.result.lane
    assert decision.result.key == retrying.result.key
    changed = {"status", "reply", "recipients", "next_attempt_at", "at"}
    assert {name for name in before if before[name] != result[name]} == changed
    [letter] = decision.letters
    assert header(letter, "mail-recipients") == '["bob@example.com"]'


def test_what_was_only_to_wait_is_invalid_and_everybody_s_result_says_so() -> None:
    hop = waiting()

    decision = decide_unparked(hop, hop.letters[0], ROUTES, now_ms=LATER)

    assert {"ann": "dead", "bob": "dead"} == fates(decision)
    assert result_of(decision)["error_kind"] == "invalid_message"
    assert result_of(decision)["attempt"] == 0
    [letter] = decision.letters
    assert header(letter, "mail-error-kind") == "invalid_message"
    assert header(letter, "mail-not-before") is None


def test_where_there_is_no_results_topic_the_dead_letter_is_all() -> None:
    hop = waiting()

    decision = decide_unparked(hop, hop.letters[0], NO_RESULTS, now_ms=LATER)

    assert decision.result is None
    assert len(decision.letters) == 1
