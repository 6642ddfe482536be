"""What becomes of a message when an attempt has ended."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from app.domain.errors import InvalidMessage
from app.domain.outcome import Attempt, ErrorKind, Status
from app.outcomes import Routes, Schedule, Unsent, decide
from tests.unit.outcomes.builders import (
    NO_RESULTS,
    NOW,
    ROUTES,
    accepted,
    attempt,
    decided,
    deferred,
    fates,
    header,
    job,
    refused,
    result_of,
    said,
    trail,
    unlike,
)

K = ErrorKind


def test_a_delivered_message_is_only_a_result() -> None:
    decision = decided(job("ann"), attempt(accepted("ann")))

    assert (Status.DELIVERED, None, ()) == (decision.status, decision.kind, decision.letters)
    assert decision.event == "email.delivered"
    assert decision.result is not None
    assert ("email-results", 3) == (decision.result.topic, decision.result.lane)


def test_without_a_results_topic_a_delivered_message_needs_no_writing() -> None:
    decision = decided(job("ann"), attempt(accepted("ann")), NO_RESULTS)

    assert (Status.DELIVERED, (), None) == (decision.status, decision.letters, decision.result)


def test_what_is_written_carries_the_trace_it_is_told_of_instead_of_the_record_s() -> None:
    mail = job("ann", headers=(("traceparent", b"the record's"),))
    told = (("traceparent", b"the attempt's"),)

    own, given = (
        decide(mail, attempt(deferred("ann")), ROUTES, now_ms=NOW, rng=Random(1), context=context)
        for context in (None, told)
    )

    assert mail.claim == given.claim
    assert header(own.letters[0], "traceparent") == "the record's"
    assert header(given.letters[0], "traceparent") == "the attempt's"
    assert given.result is not None
    assert told == given.result.headers


def test_a_temporary_refusal_goes_to_the_first_tier() -> None:
    mail = job("ann")

    decision = decided(mail, attempt(deferred("ann")))

    [letter] = decision.letters
    assert (Status.RETRYING, K.TEMPORARY) == (decision.status, decision.kind)
    assert letter.topic == "email-queue-retry-30s"
    assert (mail.record.key, mail.record.value, 3) == (letter.key, letter.value, letter.lane)
    assert header(letter, "mail-attempt") == "1"
    assert header(letter, "mail-not-before") == str(NOW + 30_000)
    assert header(letter, "mail-recipients") is None
    assert decision.next_attempt_at_ms == NOW + 30_000


@pytest.mark.parametrize(
    ("attempts", "topic"),
    [(0, "30s"), (1, "5m"), (2, "30m"), (3, "2h"), (4, "6h"), (5, "16h")],
)
def test_each_retry_waits_longer(attempts: int, topic: str) -> None:
    decision = decided(job("ann", past=trail(attempts=attempts)), attempt(deferred("ann")))

    assert decision.letters[0].topic == f"email-queue-retry-{topic}"
    assert header(decision.letters[0], "mail-attempt") == str(attempts + 1)


def test_a_message_whose_retries_are_used_up_is_dead() -> None:
    decision = decided(job("ann", past=trail(attempts=6)), attempt(deferred("ann")))

    [letter] = decision.letters
    assert (Status.DEAD, K.TEMPORARY) == (decision.status, decision.kind)
    assert letter.topic == "email-dlq"
    assert header(letter, "mail-attempt") == "7"
    assert header(letter, "mail-error-kind") == "temporary"
    assert decision.next_attempt_at_ms is None


def test_max_retries_of_zero_means_one_attempt() -> None:
    decision = decided(job("ann", max_retries=0), attempt(deferred("ann")))

    assert decision.status is Status.DEAD


def test_max_retries_beyond_the_schedule_repeats_its_last_tier() -> None:
    mail = job("ann", past=trail(attempts=8), max_retries=9)

    assert decided(mail, attempt(deferred("ann"))).letters[0].topic == "email-queue-retry-16h"


def test_jitter_brings_the_attempt_forward_but_keeps_the_tier() -> None:
    routes = replace(ROUTES, schedule=Schedule("email-queue", (30, 300), jitter=0.5))
    mail = job("ann", past=trail(attempts=1))

    decision = decide(mail, attempt(deferred("ann")), routes, now_ms=NOW, rng=Random(1))

    assert decision.letters[0].topic == "email-queue-retry-5m"
    assert decision.next_attempt_at_ms is not None
    assert NOW + 150_000 <= decision.next_attempt_at_ms < NOW + 300_000


def test_no_attempt_comes_before_the_delay_that_the_relay_stated() -> None:
    routes = replace(ROUTES, schedule=Schedule("email-queue", jitter=0.9))
    stated = said("ann", 451, "4.3.0", "try again in 400 seconds")

    decision = decide(job("ann"), attempt(stated), routes, now_ms=NOW, rng=Random(1))

    assert decision.letters[0].topic == "email-queue-retry-5m"
    assert decision.next_attempt_at_ms == NOW + 400_000


def test_a_shorter_stated_delay_does_not_shorten_the_schedule() -> None:
    mail = job("ann", past=trail(attempts=1))
    stated = said("ann", 451, "4.3.0", "try again in 10 seconds")

    assert decided(mail, attempt(stated)).next_attempt_at_ms == NOW + 300_000


def test_a_refused_recipient_is_dead_at_once() -> None:
    decision = decided(job("ann"), attempt(refused("ann")))

    [letter] = decision.letters
    assert (Status.DEAD, K.RECIPIENT, "email-dlq") == (decision.status, decision.kind, letter.topic)
    assert header(letter, "mail-error-code") == "550 5.1.1"
    assert header(letter, "mail-error-text") == "no such user"
    assert header(letter, "mail-failed-at") == str(NOW)
    assert header(letter, "mail-recipients") is None


def test_each_recipient_of_one_attempt_has_its_own_fate() -> None:
    mail = job("ann", "bob", "cid", "dan", "eve")
    end = attempt(accepted("ann"), deferred("bob"), refused("cid"), deferred("dan"), refused("eve"))

    decision = decided(mail, end)

    retry, dead = sorted(decision.letters, key=lambda letter: letter.topic, reverse=True)
    assert decision.status is Status.RETRYING
    assert header(retry, "mail-recipients") == '["bob@example.com","dan@example.com"]'
    assert header(dead, "mail-recipients") == '["cid@example.com","eve@example.com"]'
    assert header(dead, "mail-not-before") is None
    assert fates(decision) == {
        "ann": "delivered",
        "bob": "retrying",
        "cid": "dead",
        "dan": "retrying",
        "eve": "dead",
    }


def test_a_result_is_delivered_when_some_were_and_nobody_is_retried() -> None:
    decision = decided(job("ann", "bob"), attempt(refused("ann"), accepted("bob")))

    assert (Status.DELIVERED, None) == (decision.status, decision.kind)
    assert result_of(decision)["code"] == 250
    assert header(decision.letters[0], "mail-recipients") == '["ann@example.com"]'


def test_who_was_left_of_the_message_stays_named_when_it_is_retried_again() -> None:
    past = trail(attempts=1, recipients=("bob@example.com",))

    decision = decided(job("ann", "bob", past=past), attempt(deferred("bob")))

    assert header(decision.letters[0], "mail-recipients") == '["bob@example.com"]'
    assert fates(decision) == {"bob": "retrying"}


def test_counting_goes_on_where_the_producer_s_record_began() -> None:
    decision = decided(job("ann", past=trail(attempts=2)), attempt(deferred("ann")))

    assert result_of(decision)["attempt"] == 3
    assert header(decision.letters[0], "mail-attempt") == "3"


def test_a_message_that_cannot_be_composed_is_dead_at_once() -> None:
    decision = decided(job("ann"), InvalidMessage("data.link", "is missing"))

    [letter] = decision.letters
    assert (Status.DEAD, K.INVALID_MESSAGE) == (decision.status, decision.kind)
    assert header(letter, "mail-error-text") == "data.link: is missing"
    assert header(letter, "mail-attempt") == "0"
    assert decision.error is None


def test_a_bug_is_retried_once_with_its_traceback_kept_for_the_log() -> None:
    error = KeyError("x")

    first = decided(job("ann"), error)
    second = decided(job("ann", past=trail(attempts=1, last_kind=K.BUG)), error)

    assert (Status.RETRYING, K.BUG) == (first.status, first.kind)
    assert header(first.letters[0], "mail-error-text") == "our own code failed: KeyError"
    assert (Status.DEAD, K.BUG) == (second.status, second.kind)
    assert error is first.error is second.error


def test_a_bug_after_other_troubles_is_retried_too() -> None:
    mail = job("ann", past=trail(attempts=1, last_kind=K.TEMPORARY))

    assert decided(mail, KeyError("x")).status is Status.RETRYING


def test_a_bug_is_not_retried_where_nothing_is() -> None:
    assert decided(job("ann", max_retries=0), KeyError("x")).status is Status.DEAD


def test_a_job_that_was_cut_off_is_a_lost_connection_and_counts() -> None:
    decision = decided(job("ann"), Unsent.TIMED_OUT)

    assert (Status.RETRYING, K.CONNECTION) == (decision.status, decision.kind)
    assert header(decision.letters[0], "mail-attempt") == "1"


def test_a_doubtful_delivery_is_dead_where_the_operator_wants_that() -> None:
    verdict = unlike("ann", K.AMBIGUOUS, permanent=True)

    assert decided(job("ann"), attempt(verdict)).status is Status.DEAD


def test_a_recipient_without_a_verdict_is_never_taken_for_delivered() -> None:
    decision = decided(job("ann", "bob"), attempt(accepted("ann")))

    assert (Status.RETRYING, K.BUG) == (decision.status, decision.kind)
    assert header(decision.letters[0], "mail-recipients") == '["bob@example.com"]'


def test_a_verdict_on_a_stranger_is_ignored() -> None:
    decision = decided(job("ann"), attempt(accepted("ann"), deferred("stranger")))

    assert (Status.DELIVERED, ()) == (decision.status, decision.letters)
    assert fates(decision) == {"ann": "delivered"}


def test_an_attempt_without_any_verdict_is_a_bug() -> None:
    decision = decided(job("ann"), Attempt("relay-a", "<m@x>", ()))

    assert (Status.RETRYING, K.BUG) == (decision.status, decision.kind)


def test_the_same_ending_and_randomness_give_the_same_decision() -> None:
    mail, end = job("ann"), attempt(deferred("ann"))
    routes = Routes(Schedule("email-queue"), "email-dlq", "email-results")

    once, again = (decide(mail, end, routes, now_ms=NOW, rng=Random(5)) for _ in range(2))

    assert once == again
