"""Relays that are away, are somebody else, or take no mail."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from app.bootstrap.checkup.relay_refusals import RelayRefused
from app.bootstrap.checkup.relays import RelayFacts, judge_relay
from app.domain.smtp import Phase, Reply
from app.relay import Security
from app.relay.features import Features
from app.relay.probing import Probed
from tests.support.planted.planting import NOW, Planting, certificate

OFFERED = {"pipelining": "", "size": "31457280"}
SEEN = Probed(
    ("192.0.2.1",),
    "mailer.example.com",
    0.02,
    "mx.example.com ESMTP",
    Security.STARTTLS,
    False,
    Features.read(OFFERED),
    OFFERED,
    certificate(60),
    True,
    Reply(250, "2.1.0", "Ok"),
    Reply(250, "2.1.5", "Ok"),
)
WELL = RelayFacts("mx:587", "mx.example.com", 10 << 20, SEEN)
HEALTHY = partial(judge_relay, WELL, NOW)


def planted(code: str, said: str, **changes: Any) -> Planting:
    facts = replace(WELL, seen=replace(SEEN, **changes))
    return Planting(code, said, partial(judge_relay, facts, NOW))


def refused(fault: str, said: str, phase: Phase, reason: str, **more: Any) -> Planting:
    facts = replace(WELL, seen=RelayRefused(phase, reason, **more))
    return Planting(fault, said, partial(judge_relay, facts, NOW))


TLS = Phase.STARTTLS

PLANTED = (
    refused("relay_unresolved", "SMTP_HOST", Phase.CONNECT, "cannot be resolved", resolved=False),
    refused("relay_unreachable", "SMTP_PORT", Phase.CONNECT, "timed out"),
    refused("relay_unwelcome", "SMTP_HELO_NAME", Phase.GREETING, "554 no", code=554),
    refused("relay_without_starttls", "SMTP_PORT=465", TLS, "STARTTLS is required and not offered"),
    refused("relay_tls_fails", "TLS 1.2", TLS, "TLS: UNSUPPORTED_PROTOCOL"),
    refused("relay_certificate_expired", "Renew", TLS, "certificate: expired", untrusted=10),
    refused("relay_certificate_name", "mx.example.com", TLS, "certificate: other", untrusted=62),
    refused("relay_certificate_untrusted", "SMTP_CA_FILE", TLS, "certificate: ?", untrusted=20),
    refused("relay_login", "SMTP_PASSWORD", Phase.AUTH, "535 5.7.8 no", auth=True, code=535),
    planted("relay_certificate_ends", "Renew", tls=certificate(3)),
    planted("relay_in_clear", "SMTP_SECURITY=starttls", security=Security.NONE, tls=None),
    planted("relay_refuses_sender", "verifying", mail=Reply(550, "5.7.1", "not yours")),
    planted("relay_refuses_recipient", "mailbox", rcpt=Reply(554, "5.7.1", "relaying denied")),
    planted("relay_says_later", "log", rcpt=Reply(451, "4.7.1", "greylisted")),
    planted("relay_cuts", "log", mail=None, rcpt=None, cut="connection closed by the relay"),
    planted(
        "relay_size", "EMAIL_MAX_BYTES to 1000000", features=Features(size=True, max_size=10**6)
    ),
    planted("relay_slow", "PTR", opened_s=5.2),
    planted("helo_name", "SMTP_HELO_NAME", helo_name="build-17"),
)
