"""What becomes of recipients to whom nothing is sent, or nothing any more."""

from __future__ import annotations

import pytest

from app.domain.outcome import ErrorKind, Status, Withheld
from app.outcomes import Unsent
from tests.unit.outcomes.builders import (
    NO_RESULTS,
    NOW,
    accepted,
    at,
    attempt,
    decided,
    deferred,
    fates,
    header,
    job,
    refused,
    result_of,
    unlike,
)

K = ErrorKind


def test_recipients_whose_next_attempt_would_be_too_late_expire_at_once() -> None:
    mail = job("ann", expires_at=at(NOW + 30_000))

    decision = decided(mail, attempt(deferred("ann")))

    assert (Status.EXPIRED, K.EXPIRED, ()) == (decision.status, decision.kind, decision.letters)
    assert (451, "try later") == (result_of(decision)["code"], result_of(decision)["reply"])


def test_a_next_attempt_just_in_time_is_made() -> None:
    mail = job("ann", expires_at=at(NOW + 30_001))

    assert decided(mail, attempt(deferred("ann"))).status is Status.RETRYING


def test_expiry_changes_nothing_for_the_others() -> None:
    mail = job("ann", "bob", "cid", expires_at=at(NOW + 1))

    decision = decided(mail, attempt(accepted("ann"), deferred("bob"), refused("cid")))

    assert decision.status is Status.DELIVERED
    assert fates(decision) == {"ann": "delivered", "bob": "expired", "cid": "dead"}
    assert [letter.topic for letter in decision.letters] == ["email-dlq"]


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        (Unsent.EXPIRED, Status.EXPIRED),
        (Withheld((unlike("ann", K.SUPPRESSED),)), Status.SUPPRESSED),
        (Withheld((unlike("ann", K.DUPLICATE),)), Status.DUPLICATE),
    ],
)
def test_what_is_not_sent_is_a_result_or_else_a_dead_letter(
    ended: Unsent | Withheld, status: Status
) -> None:
    with_results = decided(job("ann"), ended)
    without = decided(job("ann"), ended, NO_RESULTS)

    assert (status, ()) == (with_results.status, with_results.letters)
    assert result_of(with_results)["error_kind"] == status
    assert (status, None) == (without.status, without.result)
    assert [letter.topic for letter in without.letters] == ["email-dlq"]
    assert header(without.letters[0], "mail-error-kind") == status
    assert header(without.letters[0], "mail-attempt") == "0"


def test_recipients_that_were_left_out_keep_their_own_status() -> None:
    end = attempt(accepted("ann"), unlike("bob", K.SUPPRESSED), unlike("cid", K.DUPLICATE))

    decision = decided(job("ann", "bob", "cid"), end)

    assert decision.status is Status.DELIVERED
    assert fates(decision) == {"ann": "delivered", "bob": "suppressed", "cid": "duplicate"}
