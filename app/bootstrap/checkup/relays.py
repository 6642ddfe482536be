"""Whether a relay can be reached, is who it says it is, and would take mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup.certificates import SOON_DAYS, days_left
from app.bootstrap.checkup.relay_refusals import REFUSALS, RelayRefused, refusal
from app.domain.finding import Area, Fault, Finding, Verdict, well
from app.relay import Security
from app.relay.masking import masked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.domain.smtp import Reply
    from app.relay.probing import Probed

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
    *REFUSALS,
    ENDS_SOON,
    NO_TLS,
    SENDER,
    RECIPIENT,
    CUT,
    LATER,
    SMALL,
    SLOW,
    HELO,
)

SLOW_S: Final = 3.0


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
        return [refusal(facts.seen, facts.name, facts.host)]
    faults = list(_opened(facts, facts.seen, now))
    problems = [each for each in faults if each.verdict is Verdict.PROBLEM]
    return faults if problems else [*faults, well(Area.RELAYS, facts.name, _words(facts.seen, now))]


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
        yield CUT.found(name, reason=masked(seen.cut))
    elif seen.mail is not None and seen.mail.code >= 300:
        yield _answered(name, seen.mail, SENDER)
    elif seen.rcpt is not None and seen.rcpt.code >= 300:
        yield _answered(name, seen.rcpt, RECIPIENT)


def _answered(name: str, reply: Reply, refused: Fault) -> Finding:
    return (LATER if reply.code < 500 else refused).found(name, reason=_said(reply))


def _said(reply: Reply) -> str:
    """A relay's words may quote the address that it was asked about."""
    return masked(str(reply))


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
