"""Trouble that uses up no attempt."""

from __future__ import annotations

import pytest

from app.domain.outcome import ErrorKind, Status
from app.domain.smtp import RelayUnavailable
from tests.unit.outcomes.builders import (
    NOW,
    attempt,
    decided,
    deferred,
    header,
    job,
    said,
    trail,
)

K = ErrorKind


def test_a_relay_that_does_not_know_us_uses_up_nothing_and_kills_nothing() -> None:
    mail = job("ann", past=trail(attempts=6))

    decision = decided(mail, attempt(said("ann", 530, "5.7.0", "Authentication required")))

    assert (Status.RETRYING, K.RELAY_AUTH) == (decision.status, decision.kind)
    assert header(decision.letters[0], "mail-attempt") == "6"
    assert header(decision.letters[0], "mail-error-kind") == "relay_auth"


def test_a_retry_counts_as_soon_as_one_of_its_recipients_was_really_tried() -> None:
    mail = job("ann", "bob", past=trail(attempts=1))
    end = attempt(said("ann", 530, "5.7.0", "Authentication required"), deferred("bob"))

    assert header(decided(mail, end).letters[0], "mail-attempt") == "2"


@pytest.mark.parametrize(("auth", "kind"), [(False, K.CONNECTION), (True, K.RELAY_AUTH)])
def test_trouble_before_mail_uses_up_nothing(auth: bool, kind: ErrorKind) -> None:
    error = RelayUnavailable("relay-a", "refused", retry_in=120, auth=auth)

    decision = decided(job("ann", past=trail(attempts=6)), error)

    assert (Status.RETRYING, kind) == (decision.status, decision.kind)
    assert header(decision.letters[0], "mail-attempt") == "6"
    assert decision.error is None


def test_an_endless_wait_for_a_relay_still_has_an_end() -> None:
    error = RelayUnavailable("relay-a", "refused", retry_in=float("inf"))

    assert decided(job("ann"), error).next_attempt_at_ms == NOW + 3_600_000
