"""What keeps mail from the world in staging."""

from __future__ import annotations

from typing import Any

from app.domain.domain_lists import is_among
from app.domain.message import Address, Message
from app.domain.outcome import ErrorKind, Verdict
from app.pipeline.redirect import Redirect

ANN = Address("ann", "example.com", "Ann")
BOB = Address("bob", "example.org")
QA = Address("qa", "example.net")


def message(**fields: Any) -> Message:
    return Message(id="m", to=(ANN,), bcc=(BOB,), subject="s", text="t", **fields)


def test_a_redirected_message_names_the_one_address_and_tells_who_was_meant() -> None:
    redirected, recipients = Redirect(QA).instead(
        message(headers={"x-original-to": "forged", "X-Other": "kept"}), (ANN, BOB)
    )

    assert recipients == (QA,)
    assert ((QA,), (), ()) == (redirected.to, redirected.cc, redirected.bcc)
    assert redirected.headers == {
        "X-Other": "kept",
        "X-Original-To": "ann@example.com, bob@example.org",
    }


def test_the_one_reply_is_each_recipient_s_and_suppresses_none() -> None:
    verdict = Verdict(QA.spec, ErrorKind.RECIPIENT, permanent=True, suppress=True)

    shared = Redirect(QA).shared(verdict, (ANN, BOB))

    assert [each.address for each in shared] == [ANN.spec, BOB.spec]
    assert all(each.permanent and not each.suppress for each in shared)


def test_a_domain_is_among_those_named_and_below_those_with_a_star() -> None:
    domains = ("example.com", "*.example.org")

    assert [is_among(each, domains) for each in ("example.com", "a.b.example.org")] == [True] * 2
    assert not any(
        is_among(each, domains)
        for each in ("sub.example.com", "example.org", "badexample.org", "notexample.com")
    )
