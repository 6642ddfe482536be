"""Rules between the settings of relays, each right by itself."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Final

from app.settings.certificates import certificates
from app.settings.options import option

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.settings.findings import Findings
    from app.settings.relay_urls import RelayValues


def _login(found: Findings) -> None:
    settings = found.settings
    if settings.smtp_relays is not None:
        _logins_of_relays(found, settings.smtp_relays)
        return
    user, password, token = (
        found.has(name) for name in ("smtp_user", "smtp_password", "smtp_token_file")
    )
    if settings.smtp_auth == "xoauth2" and not token:
        found.wrong("smtp_token_file", f"needed by {found.said('smtp_auth')}")
    if token and not user:
        found.wrong("smtp_user", f"needed by {found.said('smtp_token_file')}")
    if token and settings.smtp_auth not in {"auto", "xoauth2"}:
        found.wrong("smtp_auth", "a token file is given; allowed with it: auto, xoauth2")
    if user and not password and not token:
        found.wrong(
            "smtp_password",
            f"needed by {found.said('smtp_user')}; set it, SMTP_PASSWORD_FILE or SMTP_TOKEN_FILE",
        )
    if password and not user:
        found.notices.append("SMTP_PASSWORD is set without SMTP_USER: there will be no login")
    if user and settings.smtp_security == "none" and not _is_loopback(settings.smtp_host):
        found.notices.append(_in_the_clear("SMTP_SECURITY is none", settings.smtp_host))


def _logins_of_relays(found: Findings, relays: tuple[RelayValues, ...]) -> None:
    auth, security = found.settings.smtp_auth, found.settings.smtp_security
    for relay in relays:
        token = relay.token_file is not None
        if auth == "xoauth2" and not token:
            found.wrong(
                "smtp_relays",
                f"relay {relay.name}: token_file= is needed by {found.said('smtp_auth')}",
            )
        if token and auth not in {"auto", "xoauth2"}:
            found.wrong(
                "smtp_auth",
                f"relay {relay.name} has a token file; allowed with it: auto, xoauth2",
            )
        unprotected = (relay.security or security) == "none"
        if relay.user is not None and unprotected and not _is_loopback(relay.host):
            found.notices.append(
                _in_the_clear(f"relay {relay.name}: its security is none", relay.host)
            )


def _in_the_clear(what: str, host: str) -> str:
    return (
        f"{what}: the login is refused unless {host} turns out to be on loopback, for the password "
        "would travel in the clear"
    )


def _relays(found: Findings) -> None:
    relays = found.settings.smtp_relays
    if relays is None:
        return
    for name in ("smtp_host", "smtp_port", "smtp_user", "smtp_password", "smtp_token_file"):
        if name in found.given:
            found.notices.append(
                f"{option(name).variable} is set, but SMTP_RELAYS takes its place: it is not used"
            )
    if all(relay.types or relay.senders for relay in relays):
        found.notices.append(
            "each relay of SMTP_RELAYS serves some types or senders only: a message that none of "
            "them serves goes to the dead letters"
        )


def _tls(found: Findings) -> None:
    settings = found.settings
    names = ("smtp_ca_file", "smtp_cert_file", "smtp_key_file")
    if settings.smtp_security == "none" and settings.smtp_relays is None:
        for name in names:
            if found.has(name):
                found.wrong(name, f"of no use with {found.said('smtp_security')}")
        return
    certificates(found, names)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower().rstrip(".") == "localhost"


_LOGIN: Final = (
    "smtp_user",
    "smtp_password",
    "smtp_token_file",
    "smtp_auth",
    "smtp_security",
    "smtp_host",
    "smtp_relays",
)
_RELAYS: Final = ("smtp_relays",)
_TLS: Final = ("smtp_security", "smtp_relays", "smtp_ca_file", "smtp_cert_file", "smtp_key_file")

RELAY_RULES: Final[tuple[tuple[tuple[str, ...], Callable[[Findings], None]], ...]] = (
    (_LOGIN, _login),
    (_TLS, _tls),
    (_RELAYS, _relays),
)
