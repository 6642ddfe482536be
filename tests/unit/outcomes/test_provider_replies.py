"""What large providers and mail servers really say, from their public documentation and logs."""

from __future__ import annotations

import pytest

from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase, RecipientReply, Reply
from app.outcomes import judge

K = ErrorKind
P = Phase

REPLIES = [
    # Gmail
    (P.RCPT, 421, "4.7.0", "Try again later, closing connection. - gsmtp", K.RATE_LIMITED),
    (
        P.FINAL,
        421,
        "4.7.28",
        "Gmail has detected an unusual rate of unsolicited mail originating from your IP address",
        K.RATE_LIMITED,
    ),
    (
        P.RCPT,
        450,
        "4.2.1",
        "The user you are trying to contact is receiving mail too quickly.",
        K.TEMPORARY,
    ),
    (P.RCPT, 452, "4.2.2", "The recipient's inbox is out of storage space", K.TEMPORARY),
    (P.RCPT, 550, "5.1.1", "The email account that you tried to reach does not exist", K.RECIPIENT),
    (P.RCPT, 550, "5.2.1", "The email account that you tried to reach is disabled", K.RECIPIENT),
    (P.RCPT, 552, "5.2.2", "The recipient's inbox is out of storage space", K.RECIPIENT),
    (P.FINAL, 550, "5.4.5", "Daily user sending limit exceeded.", K.RATE_LIMITED),
    (P.MAIL, 550, "5.4.5", "Daily SMTP relay sending limit exceeded for user.", K.RATE_LIMITED),
    (P.FINAL, 550, "5.7.26", "This mail has been blocked because it is unauthenticated", K.POLICY),
    (P.FINAL, 552, "5.3.4", "Your message exceeded Google's message size limits.", K.CONTENT),
    (P.MAIL, 530, "5.7.0", "Authentication Required.", K.RELAY_AUTH),
    (P.MAIL, 530, "5.7.0", "Must issue a STARTTLS command first.", K.RELAY_AUTH),
    (P.AUTH, 535, "5.7.8", "Username and Password not accepted.", K.RELAY_AUTH),
    (P.FINAL, 451, "4.3.0", "Mail server temporarily rejected message.", K.TEMPORARY),
    # Amazon SES
    (P.FINAL, 454, None, "Throttling failure: Maximum sending rate exceeded.", K.RATE_LIMITED),
    (P.FINAL, 454, None, "Throttling failure: Daily message quota exceeded.", K.RATE_LIMITED),
    (P.MAIL, 421, None, "Too many concurrent SMTP connections", K.RATE_LIMITED),
    (P.FINAL, 451, None, "Temporary service failure", K.TEMPORARY),
    (P.AUTH, 454, None, "Temporary authentication failure", K.RELAY_AUTH),
    (P.MAIL, 530, None, "Authentication required", K.RELAY_AUTH),
    (P.FINAL, 554, None, "Message rejected: Email address is not verified.", K.POLICY),
    # SendGrid
    (P.AUTH, 451, None, "Authentication failed: Maximum credits exceeded", K.RELAY_AUTH),
    (P.FINAL, 452, None, "Too many recipients received this hour (throttled)", K.TEMPORARY),
    (
        P.FINAL,
        550,
        None,
        "The from address does not match a verified Sender Identity.",
        K.POLICY,
    ),
    # Mailgun
    (P.AUTH, 535, "5.7.0", "Mailgun - Authentication failed", K.RELAY_AUTH),
    (P.RCPT, 550, "5.1.1", "The email account that you tried to reach does not exist", K.RECIPIENT),
    (P.FINAL, 421, None, "Service temporarily unavailable", K.RATE_LIMITED),
    # Microsoft 365
    (P.RCPT, 550, "5.1.10", "RESOLVER.ADR.RecipientNotFound; not found by lookup", K.RECIPIENT),
    (P.RCPT, 550, "5.4.1", "Recipient address rejected: Access denied.", K.POLICY),
    (P.RCPT, 451, "4.7.500", "Server busy. Please try again later (AS77712344)", K.RATE_LIMITED),
    (P.RCPT, 451, "5.7.500", "Server busy. Please try again later", K.RATE_LIMITED),
    (
        P.RCPT,
        451,
        "4.7.650",
        "The mail server has been temporarily rate limited due to IP reputation.",
        K.RATE_LIMITED,
    ),
    (
        P.MAIL,
        421,
        "4.3.2",
        "The maximum number of concurrent connections has exceeded a limit",
        K.RATE_LIMITED,
    ),
    (
        P.FINAL,
        432,
        "4.3.2",
        "Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending",
        K.RATE_LIMITED,
    ),
    (P.FINAL, 432, "4.3.2", "STOREDRV.Deliver; recipient thread limit exceeded", K.TEMPORARY),
    (P.MAIL, 530, "5.7.57", "Client not authenticated to send mail.", K.RELAY_AUTH),
    (P.RCPT, 550, "5.7.606", "Access denied, banned sending IP [192.0.2.1].", K.POLICY),
    (P.FINAL, 550, "5.1.8", "Access denied, bad outbound sender", K.SENDER),
    (P.FINAL, 552, "5.3.4", "Message size exceeds fixed maximum message size", K.CONTENT),
    # Yahoo
    (
        P.MAIL,
        421,
        "4.7.0",
        "[TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume",
        K.RATE_LIMITED,
    ),
    (P.RCPT, 450, None, "User is receiving mail too quickly", K.TEMPORARY),
    (P.RCPT, 451, None, "Resources temporarily unavailable. Try again later", K.TEMPORARY),
    (P.FINAL, 554, None, "delivery error: dd This user doesn't have an account", K.POLICY),
    (P.FINAL, 554, "5.7.9", "Message not accepted for policy reasons.", K.POLICY),
    # Postfix
    (P.RCPT, 550, "5.1.1", "Recipient address rejected: User unknown", K.RECIPIENT),
    (P.RCPT, 450, "4.1.1", "Recipient address rejected: unverified address", K.TEMPORARY),
    (P.RCPT, 450, "4.1.2", "Recipient address rejected: Domain not found", K.TEMPORARY),
    (P.RCPT, 450, "4.1.8", "Sender address rejected: Domain not found", K.TEMPORARY),
    (P.RCPT, 553, "5.7.1", "Sender address rejected: not owned by user ann", K.SENDER),
    (P.RCPT, 450, "4.2.0", "Recipient address rejected: Greylisted", K.TEMPORARY),
    (P.RCPT, 450, "4.7.1", "Error: too much mail from 192.0.2.1", K.RATE_LIMITED),
    (P.MAIL, 421, "4.7.0", "Error: too many connections from 192.0.2.1", K.RATE_LIMITED),
    (P.MAIL, 452, "4.3.1", "Insufficient system storage", K.RATE_LIMITED),
    (P.MAIL, 552, "5.3.4", "Message size exceeds fixed limit", K.CONTENT),
    (P.FINAL, 451, "4.3.0", "Error: queue file write error", K.TEMPORARY),
    (P.FINAL, 550, "5.7.1", "Message content rejected", K.POLICY),
    (P.RCPT, 554, "5.7.1", "Service unavailable; Client host blocked using a list", K.POLICY),
    # Exim
    (P.RCPT, 550, None, "Unrouteable address", K.RECIPIENT),
    (P.RCPT, 451, None, "Temporary local problem - please try later", K.TEMPORARY),
    (P.RCPT, 451, None, "greylisted, try again in 5 minutes", K.TEMPORARY),
    (P.MAIL, 421, None, "Too many concurrent SMTP connections; please try again", K.RATE_LIMITED),
    (P.DATA, 503, None, "Valid RCPT command must precede DATA", K.CONNECTION),
    (P.FINAL, 552, None, "Message size exceeds maximum permitted", K.CONTENT),
]


@pytest.mark.parametrize(
    ("phase", "code", "enhanced", "text", "kind"),
    [pytest.param(*each, id=f"{each[0]} {each[1]} {each[3][:40]}") for each in REPLIES],
)
def test_a_known_reply_is_understood(
    phase: Phase, code: int, enhanced: str | None, text: str, kind: ErrorKind
) -> None:
    verdict = judge(RecipientReply("a@example.com", phase, Reply(code, enhanced, text)))

    assert kind == verdict.kind


@pytest.mark.parametrize(
    ("phase", "code", "enhanced", "text"),
    [pytest.param(*each[:4], id=f"{each[1]} {each[3][:40]}") for each in REPLIES if each[1] < 500],
)
def test_nothing_that_a_provider_calls_temporary_kills_a_message(
    phase: Phase, code: int, enhanced: str | None, text: str
) -> None:
    for lately in (True, False):
        reply = RecipientReply("a@example.com", phase, Reply(code, enhanced, text))
        assert not judge(reply, accepted_lately=lately).permanent
