"""Whether the brokers can be reached, each where it sends its clients."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup.certificates import SOON_DAYS, days_left
from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from app.domain.finding import Finding
    from app.domain.peer_tls import PeerTls

UNREACHABLE: Final = Fault(
    Area.BROKERS,
    "broker_unreachable",
    Verdict.PROBLEM,
    "cannot be reached: {reason}",
    "Without a broker no message is read, and nothing is settled. Topics, rights and groups could "
    "not be looked at.",
    "Look whether it runs, whether its name resolves here, and whether a firewall lets this "
    "machine through to it; KAFKA_BROKERS names it.",
    unreachable=True,
)
ONE_AWAY: Final = Fault(
    Area.BROKERS,
    "broker_away",
    Verdict.WARNING,
    "of KAFKA_BROKERS, cannot be reached: {reason}",
    "The others of KAFKA_BROKERS suffice while they run; at a start without them, this one fails.",
    "Start it, or take it out of KAFKA_BROKERS.",
)
ADVERTISED: Final = Fault(
    Area.BROKERS,
    "broker_advertised",
    Verdict.PROBLEM,
    "is where broker {id} sends its clients, and cannot be reached: {reason}",
    "What this broker leads can be neither read nor written from here, however well the first "
    "connection works.",
    "Set the broker's advertised.listeners to a name that resolves and can be reached from here, "
    "or start it.",
    unreachable=True,
)
CERTIFICATE: Final = Fault(
    Area.BROKERS,
    "broker_certificate",
    Verdict.PROBLEM,
    "{reason}",
    "Nothing goes over a connection whose other end could be anybody.",
    "Give KAFKA_SSL_CA_FILE the authority that signed the broker's certificate, and name the "
    "broker in KAFKA_BROKERS as the certificate does; renew it where it has run out.",
)
LOGIN: Final = Fault(
    Area.BROKERS,
    "broker_login",
    Verdict.PROBLEM,
    "{reason}",
    "Whoever is not logged in reads nothing.",
    "Compare KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and the password or token with what the "
    "broker's listener has.",
)
SETUP: Final = Fault(
    Area.BROKERS,
    "broker_protocol",
    Verdict.PROBLEM,
    "{reason}",
    "Both ends have to protect the connection in the same way.",
    "Set KAFKA_SECURITY_PROTOCOL to what this port of the broker speaks (its "
    "listener.security.protocol.map), or take its other port.",
)
ENDS_SOON: Final = Fault(
    Area.BROKERS,
    "broker_certificate_ends",
    Verdict.WARNING,
    "its certificate ({whose}) ends in {days} days",
    "From then on no connection is made, and no mail is read.",
    "Renew it before.",
)
IN_THE_CLEAR: Final = Fault(
    Area.BROKERS,
    "kafka_password_in_clear",
    Verdict.WARNING,
    "the password goes to Kafka without TLS (KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT)",
    "Whoever can listen on the way can log in as this service.",
    "Set KAFKA_SECURITY_PROTOCOL=SASL_SSL, or a SCRAM mechanism, which sends no password.",
)
OLD: Final = Fault(
    Area.BROKERS,
    "broker_old",
    Verdict.WARNING,
    "is older than Kafka 2.4",
    "It creates no topic with its own defaults, knows no static members and tells nobody's rights.",
    "Upgrade it, or create every topic yourself and leave KAFKA_INSTANCE_ID unset.",
)

FAULTS: Final = (
    UNREACHABLE,
    ONE_AWAY,
    ADVERTISED,
    CERTIFICATE,
    LOGIN,
    SETUP,
    ENDS_SOON,
    IN_THE_CLEAR,
    OLD,
)


@dataclass(frozen=True, slots=True)
class BrokerSeen:
    """One that was visited; `fault` is what its refusal is, `reason` in words, where it failed."""

    broker: str
    seconds: float = 0.0
    release: str | None = None
    tls: PeerTls | None = None
    fault: Fault | None = None
    reason: str = ""

    @property
    def let_in(self) -> bool:
        return self.fault is None


@dataclass(frozen=True, slots=True)
class BrokerFacts:
    """`named`: those of KAFKA_BROKERS. `advertised`: those that these name, by id, if not named."""

    named: tuple[BrokerSeen, ...]
    advertised: Mapping[int, BrokerSeen] = field(default_factory=dict)
    in_the_clear: bool = False


def judge_brokers(facts: BrokerFacts, now: datetime) -> list[Finding]:
    """Each broker, and how we log in to them."""
    return list(_brokers(facts, now))


def _brokers(facts: BrokerFacts, now: datetime) -> Iterator[Finding]:
    anyone = any(each.let_in for each in facts.named)
    for each in facts.named:
        yield from _broker(each, ONE_AWAY if anyone else UNREACHABLE, now)
    for number, each in facts.advertised.items():
        yield from _broker(each, ADVERTISED, now, id=number)
    if anyone and facts.in_the_clear:
        yield IN_THE_CLEAR.found("all")


def _broker(seen: BrokerSeen, away: Fault, now: datetime, **places: object) -> Iterator[Finding]:
    """`away`: what it is when it gives no answer."""
    if seen.fault is None:
        yield from _let_in(seen, now)
    else:
        fault = away if seen.fault is UNREACHABLE else seen.fault
        yield fault.found(seen.broker, reason=seen.reason, **places)


def _let_in(seen: BrokerSeen, now: datetime) -> Iterator[Finding]:
    if seen.release is None or float(seen.release) < 2.4:
        yield OLD.found(seen.broker)
        return
    words = f"answers in {seen.seconds * 1000:.0f} ms, Kafka {seen.release} or newer"
    if seen.tls is not None:
        days = days_left(seen.tls, now)
        if days < SOON_DAYS:
            yield ENDS_SOON.found(seen.broker, whose=seen.tls.whose, days=days)
        words += f", {seen.tls.version}, certificate for {days} days"
    yield well(Area.BROKERS, seen.broker, words)
