"""What keeps mail from the world, as the settings want it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.pipeline.allowed_domains import AllowedDomains
from app.pipeline.redirect import Redirect
from app.relay import DryRun, Relays

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.screen import Screen
    from app.pipeline.watchdog import Watchdog
    from app.settings import Settings


def relays_class(settings: Settings) -> type[Relays]:
    """What messages are given to."""
    return DryRun if settings.email_dry_run else Relays


def redirect(settings: Settings) -> Redirect | None:
    target = settings.email_redirect_to
    return None if target is None else Redirect(target)


def screens(settings: Settings) -> tuple[Screen, ...]:
    """None where all goes to one address, whose domain is among the allowed ones."""
    domains = settings.email_allow_domains
    if domains is None or settings.email_redirect_to is not None:
        return ()
    return (AllowedDomains(domains),)


def say(settings: Settings, watchdog: Watchdog) -> None:
    """Tell the log and health, for in production each of these is a mistake."""
    said = "; ".join(f"{name} is {how}: {what}" for name, how, what in staging_settings(settings))
    if said:
        watchdog.pulse("staging", mail_flows=True).trouble(said)


def staging_settings(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Each that keeps mail from the world: its variable, how it is, and what that does."""
    if settings.email_dry_run:
        done = "no mail is sent, and what is read from the queue is done with"
        yield "EMAIL_DRY_RUN", "on", done
    if settings.email_redirect_to is not None:
        yield "EMAIL_REDIRECT_TO", "set", "all mail goes to one address"
    if settings.email_allow_domains is not None:
        domains = ", ".join(settings.email_allow_domains)
        yield "EMAIL_ALLOW_DOMAINS", "set", f"mail goes to {domains} only"
