"""Which bounces are remembered, and what is written of them."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.domain.address_digest import address_digest, raw_digest
from app.outcomes import Suppressing
from tests.unit.outcomes.builders import (
    ROUTES,
    accepted,
    attempt,
    decided,
    deferred,
    job,
    refused,
    said,
)

SUPPRESSING = replace(ROUTES, suppressing=Suppressing("email-suppressions", ttl_s=60))


def test_an_address_that_bounced_is_entered_for_its_time_and_the_others_are_not() -> None:
    ended = attempt(refused("ann"), accepted("bob"), deferred("cid"), said("dan", 550))
    decision = decided(job("ann", "bob", "cid", "dan"), ended, SUPPRESSING)
    (note,) = decision.notes
    assert note.topic == "email-suppressions"
    assert note.key == address_digest("ann@example.com").encode()
    assert orjson.loads(note.value or b"") == {
        "source": "bounce",
        "reason": "the relay refused the address for good",
        "since": "2026-01-01T00:00:00.000Z",
        "until": "2026-01-01T00:01:00.000Z",
        "code": "550 5.1.1",
        "mail_id": "m-1",
    }


def test_nothing_is_entered_where_suppressions_are_off() -> None:
    assert decided(job("ann"), attempt(refused("ann"))).notes == ()


def test_an_entry_that_stands_is_not_replaced() -> None:
    stands = {raw_digest("ann@example.com")}
    how = Suppressing("email-suppressions", 60, stands.__contains__)
    decision = decided(
        job("ann", "bob"),
        attempt(refused("ann"), refused("bob")),
        replace(ROUTES, suppressing=how),
    )
    assert [each.key for each in decision.notes] == [address_digest("bob@example.com").encode()]


@given(words=st.text(max_size=30), local=st.sampled_from(["ann", "zoe.miller"]))
def test_no_entry_tells_the_address(words: str, local: str) -> None:
    address = f"{local}@example.com"
    bounce = said(local, 550, "5.1.1", f"{words} <{address}> user {local} unknown")
    mail = job(local, id=f"welcome-{address}")
    (note,) = decided(mail, attempt(bounce), SUPPRESSING).notes
    assert local.encode() not in (note.value or b"").replace(b"a***", b"")


def test_a_note_leaves_the_rest_of_the_decision_as_it_is() -> None:
    mail, ended = job("ann"), attempt(refused("ann"))
    assert replace(decided(mail, ended, SUPPRESSING), notes=()) == decided(mail, ended)
