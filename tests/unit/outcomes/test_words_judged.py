"""What the words of a reply decide where its code does not."""

from __future__ import annotations

import pytest

from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase
from tests.unit.outcomes.builders import judged

K = ErrorKind
P = Phase


@pytest.mark.parametrize(
    "reply",
    [
        "554 5.7.1 <a@example.com>: Relay access denied",
        "454 4.7.1 <a@example.com>: Relay access denied",
        "550 5.7.1 Relaying denied",
        "550 5.7.1 Unable to relay for a@example.com",
        "550 relay not permitted",
        "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
        "554 5.7.1 <host[192.0.2.1]>: Client host rejected: Access denied",
    ],
)
def test_refusing_to_relay_is_the_relay_s_trouble_while_nothing_is_accepted(reply: str) -> None:
    verdict = judged(P.RCPT, reply, accepted_lately=False)

    assert (K.RELAY_AUTH, False) == (verdict.kind, verdict.permanent)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("554 5.7.1 Relay access denied", K.POLICY),
        ("550 5.7.1 Relaying denied", K.POLICY),
        ("550 relay not permitted", K.RECIPIENT),
        ("454 4.7.1 Relay access denied", K.TEMPORARY),
    ],
)
def test_refusing_to_relay_speaks_of_the_message_while_others_pass(
    reply: str, kind: ErrorKind
) -> None:
    assert kind == judged(P.RCPT, reply, accepted_lately=True).kind


@pytest.mark.parametrize("reply", ["554 5.7.1 Spam", "550 5.7.1 Blocked", "550 5.1.1 Unknown"])
def test_other_refusals_do_not_depend_on_what_was_accepted(reply: str) -> None:
    busy = judged(P.RCPT, reply, accepted_lately=True)

    assert busy == judged(P.RCPT, reply, accepted_lately=False)


@pytest.mark.parametrize(
    ("said", "phrases", "kind"),
    [
        (
            "450 4.7.1",
            [
                "greylist",
                "graylist",
                "grey-list",
                "gray-list",
                "grey list",
                "Gray Listed",
                "POSTGREY",
            ],
            K.TEMPORARY,
        ),
        ("450 4.7.1", ["grey mail", "list", "blacklist"], K.RATE_LIMITED),
        (
            "454",
            ["throttling", "THROTTLED", "sending rate", "rate exceeded", "rate limit"],
            K.RATE_LIMITED,
        ),
        ("454", ["rate", "sending", "limit"], K.TEMPORARY),
        (
            "550 5.7.1",
            [
                "daily quota",
                "daily sending limit",
                "quota per day",
                "limit daily",
                "limit: 500 in 24 hours",
                "quota: 5 in 24-hour window",
                "submission quota exceeded",
                "SubmissionQuotaExceeded",
            ],
            K.RATE_LIMITED,
        ),
        (
            "550 5.7.1",
            ["dailyquota", "daily mail", "quota 24", "limit of 5", "submission limit"],
            K.POLICY,
        ),
        (
            "451 4.3.0",
            [
                "too many connections",
                "too many concurrent connections",
                "too many sessions",
                "too many simultaneous SMTP connections",
                "too many open connections",
                "concurrent connection limit",
                "concurrent smtp connections have exceeded",
            ],
            K.RATE_LIMITED,
        ),
        ("451 4.3.0", ["too many recipients", "concurrent connections"], K.TEMPORARY),
        (
            "550 5.5.0",
            [
                "user unknown",
                "recipient not found",
                "mailbox unavailable",
                "account does not exist",
                "address doesn't exist",
                "domain doesn't have this user doesn't have",
                "unknown user",
                "invalid recipient",
                "no such mailbox",
                "unknown local account",
                "no such local address",
            ],
            K.RECIPIENT,
        ),
        (
            "550 5.5.0",
            [
                "sender unknown user",
                "from this address: unknown user",
                "known user",
                "users are found",
            ],
            K.POLICY,
        ),
    ],
)
def test_the_words_of_a_reply_decide_where_its_code_does_not(
    said: str, phrases: list[str], kind: ErrorKind
) -> None:
    for phrase in phrases:
        assert kind == judged(P.RCPT, f"{said} {phrase}").kind, phrase


@pytest.mark.parametrize(
    "phrase",
    [
        "relay access denied",
        *(f"relaying {how}" for how in ("denied", "is denied", "not allowed", "is prohibited")),
        "relaying not permitted",
        *(f"{how} to relay" for how in ("unable", "not permitted", "not allowed", "cannot")),
        "refused to relay",
        "refuse to relay",
        "relay not permitted",
        "client host rejected: access denied",
    ],
)
@pytest.mark.parametrize("code", [454, 550, 554])
def test_whoever_may_not_relay_is_told_so_in_many_words(phrase: str, code: int) -> None:
    assert K.RELAY_AUTH == judged(P.FINAL, f"{code} {phrase}", accepted_lately=False).kind
    assert K.RELAY_AUTH != judged(P.FINAL, f"{code} {phrase}").kind
