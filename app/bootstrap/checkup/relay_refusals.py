"""Why a relay could not be opened for mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict
from app.domain.smtp import Phase

if TYPE_CHECKING:
    from app.domain.finding import Finding

UNRESOLVED: Final = Fault(
    Area.RELAYS,
    "relay_unresolved",
    Verdict.PROBLEM,
    "{reason}",
    "Mail for it waits.",
    "Correct SMTP_HOST or the relay's URL in SMTP_RELAYS, or mend this machine's DNS.",
    unreachable=True,
)
UNREACHABLE: Final = Fault(
    Area.RELAYS,
    "relay_unreachable",
    Verdict.PROBLEM,
    "cannot be connected to: {reason}",
    "Mail for it waits, or goes to another relay.",
    "Look whether it runs, whether SMTP_PORT is right, and whether a firewall lets this machine "
    "through: many networks block port 25 outwards; 587 or 465 are for submission.",
    unreachable=True,
)
UNWELCOME: Final = Fault(
    Area.RELAYS,
    "relay_unwelcome",
    Verdict.PROBLEM,
    "does not let us in ({phase}): {reason}",
    "Mail for it waits, or goes to another relay.",
    "Ask whoever runs it what it wants of this machine's address and of SMTP_HELO_NAME; where "
    "nothing was said, the port may be one that speaks TLS from the start (SMTP_SECURITY=tls).",
)
NO_STARTTLS: Final = Fault(
    Area.RELAYS,
    "relay_without_starttls",
    Verdict.PROBLEM,
    "does not offer STARTTLS, which is required",
    "Mail and password would travel in the clear.",
    "Set SMTP_PORT=465 or SMTP_SECURITY=tls where it speaks TLS from the start; SMTP_SECURITY=none "
    "only on a network that nobody else can listen on.",
)
TLS_FAILS: Final = Fault(
    Area.RELAYS,
    "relay_tls_fails",
    Verdict.PROBLEM,
    "TLS cannot be agreed on: {reason}",
    "No mail goes without it.",
    "The relay must speak TLS 1.2 or newer on this port; SMTP_SECURITY=starttls where it begins in "
    "the clear, tls where it does not. It may also want a certificate (SMTP_CERT_FILE).",
)
EXPIRED: Final = Fault(
    Area.RELAYS,
    "relay_certificate_expired",
    Verdict.PROBLEM,
    "{reason}",
    "Nothing goes over a connection whose other end could be anybody.",
    "Renew the relay's certificate and restart it; compare this machine's clock too.",
)
OTHER_NAME: Final = Fault(
    Area.RELAYS,
    "relay_certificate_name",
    Verdict.PROBLEM,
    "{reason}",
    "Nothing goes over a connection whose other end could be anybody.",
    "Name the relay in SMTP_HOST or SMTP_RELAYS as its certificate does, or let its certificate "
    "name {host}.",
)
UNTRUSTED: Final = Fault(
    Area.RELAYS,
    "relay_certificate_untrusted",
    Verdict.PROBLEM,
    "{reason}",
    "Nothing goes over a connection whose other end could be anybody.",
    "Give SMTP_CA_FILE the authority that signed it; where that is a public one, let the relay "
    "send the certificates in between as well.",
)
LOGIN: Final = Fault(
    Area.RELAYS,
    "relay_login",
    Verdict.PROBLEM,
    "refuses the login: {reason}",
    "Mail for it waits until an operator mends it.",
    "Compare SMTP_USER and SMTP_PASSWORD (or the token in SMTP_TOKEN_FILE) with what the relay "
    "has; several providers want a password made for applications, or SMTP switched on.",
)

REFUSALS: Final = (
    UNRESOLVED,
    UNREACHABLE,
    UNWELCOME,
    NO_STARTTLS,
    TLS_FAILS,
    EXPIRED,
    OTHER_NAME,
    UNTRUSTED,
    LOGIN,
)

# OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED; _HOSTNAME_ and _IP_ADDRESS_MISMATCH.
_TIMES: Final = frozenset((9, 10))
_NAMES: Final = frozenset((62, 64))


@dataclass(frozen=True, slots=True)
class RelayRefused:
    """Why it could not be opened; `untrusted` is OpenSSL's number of what is wrong."""

    phase: Phase
    reason: str
    auth: bool = False
    resolved: bool = True
    code: int | None = None
    untrusted: int | None = None


def refusal(seen: RelayRefused, name: str, host: str) -> Finding:
    """What it is that keeps us from the relay `name`."""
    fault = UNWELCOME
    if not seen.resolved:
        fault = UNRESOLVED
    elif seen.untrusted is not None:
        fault = _of_certificate(seen.untrusted)
    elif seen.auth:
        fault = LOGIN
    elif seen.phase is Phase.CONNECT:
        fault = UNREACHABLE
    elif seen.phase is Phase.STARTTLS and seen.code is None:
        fault = NO_STARTTLS if "not offered" in seen.reason else TLS_FAILS
    return fault.found(name, reason=seen.reason, phase=seen.phase, host=host)


def _of_certificate(number: int) -> Fault:
    if number in _TIMES:
        return EXPIRED
    return OTHER_NAME if number in _NAMES else UNTRUSTED
