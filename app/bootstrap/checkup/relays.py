"""Whether a relay can be reached, is who it says it is, and would take mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup.certificates import SOON_DAYS, days_left
from app.domain.finding import Area, Fault, Finding, Verdict, well
from app.domain.smtp import Phase
from app.relay import Security

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.domain.smtp import Reply
    from app.relay.probing import Probed

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
ENDS_SOON: Final = Fault(
    Area.RELAYS,
    "relay_certificate_ends",
    Verdict.WARNING,
    "its certificate ({whose}) ends in {days} days",
    "From then on mail for it waits.",
    "Renew it before, and look why that does not happen by itself.",
)
NO_TLS: Final = Fault(
    Area.RELAYS,
    "relay_in_clear",
    Verdict.WARNING,
    "gets mail without TLS",
    "Whoever can listen on the way reads every mail, password resets among them.",
    "Set SMTP_SECURITY=starttls, or tls.",
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
SENDER: Final = Fault(
    Area.RELAYS,
    "relay_refuses_sender",
    Verdict.PROBLEM,
    "refuses EMAIL_FROM as sender: {reason}",
    "Every mail from there becomes a dead letter, or is tried again in vain.",
    "Let the relay know the sender or its domain (providers call it verifying), log in as a user "
    "who may use it, or change EMAIL_FROM.",
)
RECIPIENT: Final = Fault(
    Area.RELAYS,
    "relay_refuses_recipient",
    Verdict.WARNING,
    "refuses EMAIL_FROM as recipient: {reason}",
    "Where it says so to others too (relaying denied), no mail goes out; and what is answered to "
    "your mails does not arrive.",
    "Let the relay relay for this machine or its login; create the mailbox of EMAIL_FROM.",
)
CUT: Final = Fault(
    Area.RELAYS,
    "relay_cuts",
    Verdict.PROBLEM,
    "closed the connection when it was asked to take a mail: {reason}",
    "Mail for it waits, or goes to another relay.",
    "Look into the relay's log for this machine's address.",
)
LATER: Final = Fault(
    Area.RELAYS,
    "relay_says_later",
    Verdict.WARNING,
    "would not take a mail now: {reason}",
    "Each mail takes further attempts, or waits.",
    "Look into the relay's log; a limit or greylisting passes by itself.",
)
SMALL: Final = Fault(
    Area.RELAYS,
    "relay_size",
    Verdict.WARNING,
    "takes mails of {takes:,} bytes; EMAIL_MAX_BYTES allows {allowed:,}",
    "A larger one becomes a dead letter only after it was composed.",
    "Set EMAIL_MAX_BYTES to {takes} or less, or let the relay take more.",
)
SLOW: Final = Fault(
    Area.RELAYS,
    "relay_slow",
    Verdict.WARNING,
    "takes {seconds:.1f} s to open a connection",
    "Relays that look up a client's name wait like this where DNS does not answer them. Each new "
    "connection holds a worker up for so long.",
    "Give this machine's address a name in DNS (PTR), or let the relay not ask for it.",
)
HELO: Final = Fault(
    Area.RELAYS,
    "helo_name",
    Verdict.WARNING,
    "is greeted by {name}, which is no name in DNS",
    "Many relays refuse mail from a client that does not greet by a full name.",
    "Set SMTP_HELO_NAME to this machine's name in DNS, such as mailer.example.com.",
)

FAULTS: Final = (
    UNRESOLVED,
    UNREACHABLE,
    UNWELCOME,
    NO_STARTTLS,
    TLS_FAILS,
    EXPIRED,
    OTHER_NAME,
    UNTRUSTED,
    ENDS_SOON,
    NO_TLS,
    LOGIN,
    SENDER,
    RECIPIENT,
    CUT,
    LATER,
    SMALL,
    SLOW,
    HELO,
)

SLOW_S: Final = 3.0
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


@dataclass(frozen=True, slots=True)
class RelayFacts:
    """What came of one look at a relay; `max_bytes` is the largest mail that is composed."""

    name: str
    host: str
    max_bytes: int
    seen: Probed | RelayRefused


def judge_relay(facts: RelayFacts, now: datetime) -> list[Finding]:
    """What keeps it from taking mail, or what it offers."""
    if isinstance(facts.seen, RelayRefused):
        return [_refused(facts, facts.seen)]
    faults = list(_opened(facts, facts.seen, now))
    problems = [each for each in faults if each.verdict is Verdict.PROBLEM]
    return faults if problems else [*faults, well(Area.RELAYS, facts.name, _words(facts.seen, now))]


def _refused(facts: RelayFacts, seen: RelayRefused) -> Finding:
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
    return fault.found(facts.name, reason=seen.reason, phase=seen.phase, host=facts.host)


def _of_certificate(number: int) -> Fault:
    if number in _TIMES:
        return EXPIRED
    return OTHER_NAME if number in _NAMES else UNTRUSTED


def _opened(facts: RelayFacts, seen: Probed, now: datetime) -> Iterator[Finding]:
    name = facts.name
    if seen.tls is not None and (days := days_left(seen.tls, now)) < SOON_DAYS:
        yield ENDS_SOON.found(name, whose=seen.tls.whose, days=days)
    if seen.security is Security.NONE and not seen.loopback:
        yield NO_TLS.found(name)
    if not seen.loopback and not _is_full(seen.helo_name):
        yield HELO.found(name, name=seen.helo_name)
    if seen.opened_s >= SLOW_S:
        yield SLOW.found(name, seconds=seen.opened_s)
    takes = seen.features.max_size
    if takes is not None and takes < facts.max_bytes:
        yield SMALL.found(name, takes=takes, allowed=facts.max_bytes)
    if seen.cut is not None:
        yield CUT.found(name, reason=_said(seen.mail) or seen.cut)
    elif seen.mail is not None and seen.mail.code >= 300:
        yield _answered(name, seen.mail, SENDER)
    elif seen.rcpt is not None and seen.rcpt.code >= 300:
        yield _answered(name, seen.rcpt, RECIPIENT)


def _answered(name: str, reply: Reply, refused: Fault) -> Finding:
    return (LATER if reply.code < 500 else refused).found(name, reason=_said(reply))


def _said(reply: Reply | None) -> str:
    """A relay's words may quote the address that it was asked about."""
    from app.relay.masking import masked  # noqa: PLC0415

    return "" if reply is None else masked(str(reply))


def _is_full(name: str) -> bool:
    return name.startswith("[") or ("." in name.strip(".") and not name.endswith(".localdomain"))


def _words(seen: Probed, now: datetime) -> str:
    parts = [f"opened in {seen.opened_s * 1000:.0f} ms"]
    if seen.tls is not None:
        parts.append(f"{seen.tls.version}, certificate for {days_left(seen.tls, now)} days")
    parts.append("logged in" if seen.logged_in else "no login")
    if seen.rcpt is not None and seen.rcpt.code < 300:
        parts.append("takes mail from EMAIL_FROM")
    return ", ".join([*parts, f"offers {' '.join(sorted(seen.extensions)).upper() or 'nothing'}"])
