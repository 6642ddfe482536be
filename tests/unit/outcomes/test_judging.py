"""The classification table, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase, RecipientReply, Reply
from app.outcomes import judge
from tests.unit.outcomes.builders import judged

K = ErrorKind


P = Phase


BEFORE_MAIL = (P.CONNECT, P.GREETING, P.EHLO, P.STARTTLS)


FROM_MAIL = (P.MAIL, P.RCPT, P.DATA, P.BODY, P.FINAL)


MESSAGE = (P.DATA, P.BODY, P.FINAL)


PERMANENT = {K.RECIPIENT, K.POLICY, K.CONTENT, K.SENDER}


def rows(*expected: tuple[Phase | tuple[Phase, ...], str, ErrorKind]) -> pytest.MarkDecorator:
    cases = [
        pytest.param(phase, reply, kind, id=f"{phase}-{reply}"[:60])
        for phases, reply, kind in expected
        for phase in (phases if isinstance(phases, tuple) else (phases,))
    ]
    return pytest.mark.parametrize(("phase", "reply", "kind"), cases)


@rows(
    (P.AUTH, "535 5.7.8 Authentication credentials invalid", K.RELAY_AUTH),
    (P.AUTH, "534 5.7.9 Application-specific password required", K.RELAY_AUTH),
    (P.AUTH, "454 4.7.0 Temporary authentication failure", K.RELAY_AUTH),
    (P.AUTH, "451 Authentication failed: Maximum credits exceeded", K.RELAY_AUTH),
    ((*BEFORE_MAIL, *FROM_MAIL), "530 5.7.0 Authentication required", K.RELAY_AUTH),
    (FROM_MAIL, "535 5.7.8 Error: authentication failed", K.RELAY_AUTH),
    (FROM_MAIL, "534 5.7.9 Application-specific password required", K.RELAY_AUTH),
    (FROM_MAIL, "454 4.7.0 Temporary authentication failure", K.RELAY_AUTH),
    # Before MAIL
    (BEFORE_MAIL, "421 4.3.2 Service not available", K.CONNECTION),
    (BEFORE_MAIL, "554 5.7.1 No SMTP service here", K.CONNECTION),
    (BEFORE_MAIL, "502 5.5.1 Unrecognized command", K.CONNECTION),
    (BEFORE_MAIL, "550 5.1.1 odd", K.CONNECTION),
    # Rate limits
    (FROM_MAIL, "421 4.7.0 Try again later, closing connection", K.RATE_LIMITED),
    (FROM_MAIL, "421", K.RATE_LIMITED),
    (FROM_MAIL, "450 4.7.1 Error: too much mail", K.RATE_LIMITED),
    (FROM_MAIL, "451 4.7.500 Server busy", K.RATE_LIMITED),
    (FROM_MAIL, "452 4.3.1 Insufficient system resources", K.RATE_LIMITED),
    (FROM_MAIL, "454 Throttling failure: Maximum sending rate exceeded", K.RATE_LIMITED),
    (FROM_MAIL, "454 4.7.0 Throttling failure: Maximum sending rate exceeded", K.RATE_LIMITED),
    (FROM_MAIL, "454 Throttling failure: Daily message quota exceeded", K.RATE_LIMITED),
    (FROM_MAIL, "550 5.4.5 Daily user sending limit exceeded", K.RATE_LIMITED),
    (FROM_MAIL, "550 5.4.5 No more today", K.RATE_LIMITED),
    (P.RCPT, "550 Daily sending quota exceeded", K.RATE_LIMITED),
    (FROM_MAIL, "432 4.3.2 Concurrent connections limit exceeded", K.RATE_LIMITED),
    # Temporary
    (FROM_MAIL, "450 4.7.1 Greylisted, please try again", K.TEMPORARY),
    (FROM_MAIL, "451 4.7.1 Greylisting in action", K.TEMPORARY),
    (FROM_MAIL, "421 4.7.0 Graylisted", K.TEMPORARY),
    (FROM_MAIL, "452 4.2.2 Over quota", K.TEMPORARY),
    (FROM_MAIL, "452 4.2.2 The mailbox is over its daily quota", K.TEMPORARY),
    (FROM_MAIL, "450 4.2.0 Recipient address rejected", K.TEMPORARY),
    (FROM_MAIL, "450", K.TEMPORARY),
    (FROM_MAIL, "452 4.5.3 Too many recipients", K.TEMPORARY),
    (FROM_MAIL, "400 4.9.9 unheard of", K.TEMPORARY),
    (FROM_MAIL, "499 4.9.9 unheard of", K.TEMPORARY),
    # Recipients
    (P.RCPT, "550 5.1.1 User unknown", K.RECIPIENT),
    (P.RCPT, "550 5.1.6 Mailbox has moved", K.RECIPIENT),
    (P.RCPT, "550 5.1.10 Recipient not found", K.RECIPIENT),
    (P.RCPT, "550 5.2.1 Mailbox disabled", K.RECIPIENT),
    (P.RCPT, "550 5.1.2 Domain not found", K.RECIPIENT),
    (P.RCPT, "501 5.1.3 Bad recipient address syntax", K.RECIPIENT),
    (P.RCPT, "552 5.2.2 Mailbox full", K.RECIPIENT),
    (P.RCPT, "551 User not local", K.RECIPIENT),
    (P.RCPT, "551 5.7.1 User not local", K.RECIPIENT),
    (P.RCPT, "553 Mailbox name not allowed", K.RECIPIENT),
    (P.RCPT, "553 5.0.0 Mailbox name not allowed", K.RECIPIENT),
    (P.RCPT, "550 No such user here", K.RECIPIENT),
    # Policy
    (P.RCPT, "550 5.7.1 Not accepted", K.POLICY),
    (P.RCPT, "599 5.7.1 Not accepted", K.POLICY),
    (P.RCPT, "554 5.7.1 Client host blocked using a list", K.POLICY),
    (P.RCPT, "550 5.4.1 Recipient address rejected: Access denied", K.POLICY),
    (P.RCPT, "501", K.POLICY),
    (P.RCPT, "552", K.POLICY),
    (MESSAGE, "550 5.7.26 Unauthenticated mail", K.POLICY),
    (MESSAGE, "554 Message rejected", K.POLICY),
    (MESSAGE, "550 5.1.1 User unknown", K.POLICY),
    # Sender
    (P.RCPT, "553 5.7.1 Sender address rejected: not owned by user", K.SENDER),
    (P.MAIL, "550 5.7.1 Sender not allowed", K.SENDER),
    (P.MAIL, "553 Not a valid sender", K.SENDER),
    (P.MAIL, "501 5.1.7 Bad sender address syntax", K.SENDER),
    (FROM_MAIL, "550 5.1.7 Invalid address", K.SENDER),
    (FROM_MAIL, "550 5.1.8 Access denied, bad outbound sender", K.SENDER),
    (FROM_MAIL, "553 5.1.8 Domain of sender does not exist", K.SENDER),
    (FROM_MAIL, "550 5.7.27 Sender domain does not accept mail", K.SENDER),
    # Content
    (P.MAIL, "552 5.3.4 Message size exceeds fixed limit", K.CONTENT),
    (P.MAIL, "552 Too large", K.CONTENT),
    (P.MAIL, "554 5.3.4 Too large", K.CONTENT),
    (MESSAGE, "552 Too much mail data", K.CONTENT),
    (MESSAGE, "550 5.2.3 Message too large for the recipient", K.CONTENT),
    (MESSAGE, "554 5.3.4 Message too big for system", K.CONTENT),
    (MESSAGE, "500 5.5.2 Line too long", K.CONTENT),
    (MESSAGE, "554 5.6.0 Malformed message", K.CONTENT),
    (FROM_MAIL, "550 5.6.7 Non-ASCII address not permitted", K.CONTENT),
    # Commands that the relay did not understand
    (FROM_MAIL, "500 Syntax error", K.CONNECTION),
    (FROM_MAIL, "502 Not implemented", K.CONNECTION),
    ((P.MAIL, P.RCPT), "503 5.5.1 Bad sequence of commands", K.CONNECTION),
    (FROM_MAIL, "504 Parameter not implemented", K.CONNECTION),
    # Out of step, which the message is not to blame for; but for what is said of it
    (MESSAGE, "502 5.5.1 Command not implemented", K.CONNECTION),
    (MESSAGE, "503 5.5.1 Error: need RCPT command", K.CONNECTION),
    (P.DATA, "554 5.5.1 Error: no valid recipients", K.CONNECTION),
    (P.FINAL, "554 5.5.1 Invalid command in message", K.CONTENT),
    (MESSAGE, "554 5.5.0 Protocol error", K.CONTENT),
    # 421 ends the connection for everybody
    (FROM_MAIL, "421 4.2.1 Too many messages", K.RATE_LIMITED),
    (FROM_MAIL, "450 4.2.1 Too many messages", K.TEMPORARY),
    # A full mailbox, found after the dot
    (MESSAGE, "552 5.2.2 Mailbox full", K.RECIPIENT),
    # Unknown users by words, and senders by theirs
    (P.RCPT, "550 5.5.0 mailbox unavailable", K.RECIPIENT),
    (P.RCPT, "554 No such user", K.RECIPIENT),
    (P.RCPT, "554 5.0.0 No such user", K.RECIPIENT),
    (P.RCPT, "550 5.1.0 No such user", K.RECIPIENT),
    (P.RCPT, "550 5.3.0 No such user", K.RECIPIENT),
    (P.RCPT, "550 5.5.1 No such user", K.RECIPIENT),
    (P.RCPT, "550 5.1.0 Sender address unknown", K.POLICY),
    (P.RCPT, "550 5.7.1 User unknown to our policy", K.POLICY),
)
def test_a_reply_is_judged_by_its_row(phase: Phase, reply: str, kind: ErrorKind) -> None:
    verdict = judged(phase, reply)

    assert kind == verdict.kind
    assert (kind in PERMANENT) == verdict.permanent
    assert "" == verdict.detail


@pytest.mark.parametrize("code", [250, 251, 200, 299])
def test_acceptance_of_the_message_delivers(code: int) -> None:
    verdict = judged(P.FINAL, f"{code} 2.0.0 queued")

    assert verdict.delivered
    assert not verdict.permanent


@pytest.mark.parametrize("code", [300, 354, 399])
def test_a_reply_to_the_dot_that_is_no_answer_leaves_it_in_doubt(code: int) -> None:
    assert K.AMBIGUOUS == judged(P.FINAL, f"{code} go on").kind


@pytest.mark.parametrize("phase", [P.MAIL, P.RCPT, P.DATA, P.BODY])
def test_acceptance_of_anything_else_never_delivers(phase: Phase) -> None:
    assert K.CONNECTION == judged(phase, "250 Ok").kind


@pytest.mark.parametrize("phase", sorted(set(Phase) - {P.FINAL}))
def test_a_loss_before_the_last_octet_is_the_connection_s(phase: Phase) -> None:
    verdict = judge(RecipientReply("a@example.com", phase, None, "timed out"))

    assert (K.CONNECTION, False, "timed out") == (verdict.kind, verdict.permanent, verdict.detail)


def test_a_loss_after_the_last_octet_is_ambiguous_and_retried() -> None:
    verdict = judge(RecipientReply("a@example.com", P.FINAL, None))

    assert (K.AMBIGUOUS, False) == (verdict.kind, verdict.permanent)
    assert "no reply in phase final" == verdict.detail


def test_an_operator_may_prefer_loss_to_duplicates() -> None:
    lost = RecipientReply("a@example.com", P.FINAL, None)

    assert judge(lost, on_ambiguous="dead").permanent


def test_421_to_the_dot_is_a_limit_and_not_ambiguous() -> None:
    assert K.RATE_LIMITED == judged(P.FINAL, "421 4.4.2 closing").kind


@pytest.mark.parametrize("code", ["5.1.1", "5.1.6", "5.1.10", "5.2.1"])
def test_an_address_that_is_bad_for_good_is_suppressed(code: str) -> None:
    assert judged(P.RCPT, f"550 {code}").suppress


def test_words_alone_suppress_nothing() -> None:
    assert not judged(P.RCPT, "550 5.5.0 mailbox unavailable").suppress


@pytest.mark.parametrize("reply", ["550", "551", "553", "550 5.1.2", "550 5.1.3", "552 5.2.2"])
def test_other_refusals_of_a_recipient_suppress_nothing(reply: str) -> None:
    verdict = judged(P.RCPT, reply)

    assert (K.RECIPIENT, False) == (verdict.kind, verdict.suppress)


@pytest.mark.parametrize(
    ("reply", "permanent"),
    [("450 5.1.1 x", False), ("550 4.2.2 x", True), ("451 5.7.1 x", False), ("550 4.1.1 x", True)],
)
def test_the_three_digit_code_decides_whether_it_is_permanent(reply: str, permanent: bool) -> None:
    assert permanent == judged(P.RCPT, reply).permanent


def test_an_address_is_not_suppressed_on_contradictory_words() -> None:
    verdict = judged(P.RCPT, "550 4.1.1 x")

    assert (K.RECIPIENT, False) == (verdict.kind, verdict.suppress)


@pytest.mark.parametrize("enhanced", ["", "5", "5.1", "nonsense"])
def test_an_unreadable_enhanced_code_counts_as_none(enhanced: str) -> None:
    reply = RecipientReply("a@example.com", P.RCPT, Reply(550, enhanced, "x"))

    assert K.RECIPIENT == judge(reply).kind


replies = st.builds(
    RecipientReply,
    address=st.just("a@example.com"),
    phase=st.sampled_from(Phase),
    reply=st.none()
    | st.builds(
        Reply,
        code=st.integers(200, 599),
        enhanced=st.none() | st.from_regex(r"[245]\.[0-9]{1,2}\.[0-9]{1,2}", fullmatch=True),
        text=st.text(max_size=80),
    ),
)


@given(reply=replies, accepted_lately=st.booleans())
def test_every_reply_has_a_verdict(reply: RecipientReply, accepted_lately: bool) -> None:
    verdict = judge(reply, accepted_lately=accepted_lately)

    code = reply.reply.code if reply.reply else 0
    assert verdict.address == reply.address
    assert verdict.delivered == (reply.phase is P.FINAL and 200 <= code < 300)
    assert not verdict.permanent or code >= 500
    assert not verdict.suppress or verdict.kind is K.RECIPIENT
    assert verdict.kind not in {K.INVALID_MESSAGE, K.EXPIRED, K.SUPPRESSED, K.DUPLICATE, K.BUG}
