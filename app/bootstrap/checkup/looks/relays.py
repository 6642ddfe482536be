"""One probe of a relay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.bootstrap.checkup.relay_refusals import RelayRefused
from app.bootstrap.checkup.relays import RelayFacts, judge_relay
from app.domain.addresses import parse_address
from app.relay.failure import OpeningFailed
from app.relay.probing import Unresolved, probe

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.finding import Finding
    from app.relay import RelayConfig
    from app.relay.probing import Probed
    from app.settings import Settings


async def look_at_relay(
    config: RelayConfig, settings: Settings, seconds: float, now: datetime
) -> list[Finding]:
    """Open it and ask it for a mail from EMAIL_FROM to itself; each step in so many seconds."""
    sender = recipient = None
    if settings.email_from is not None:
        recipient = parse_address(settings.email_from, "EMAIL_FROM").spec
        sender = envelope_sender(settings.email_envelope_from, recipient)
    seen: Probed | RelayRefused
    try:
        seen = await probe(_in_haste(config, seconds), sender, recipient)
    except OpeningFailed as error:
        seen = RelayRefused(
            error.phase,
            error.detail,
            auth=error.auth,
            resolved=not isinstance(error, Unresolved),
            code=error.code,
            untrusted=error.untrusted,
        )
    facts = RelayFacts(config.name, config.host, settings.email_max_bytes, seen)
    return judge_relay(facts, now)


def envelope_sender(pattern: str | None, sender: str) -> str:
    """Where bounces of a message would go, `""` for nowhere."""
    if pattern is None:
        return sender
    return "" if pattern == "<>" else pattern.replace("{id}", "check")


def _in_haste(config: RelayConfig, seconds: float) -> RelayConfig:
    times = config.timeouts
    hasty = replace(
        times,
        connect=min(times.connect, seconds),
        greeting=min(times.greeting, seconds),
        mail=min(times.mail, seconds),
        rcpt=min(times.rcpt, seconds),
    )
    return replace(config, timeouts=hasty)
