"""Settings that are right each by itself, but not with each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.finding import Finding

NOTICE: Final = Fault(
    Area.SETTINGS,
    "setting_odd",
    Verdict.WARNING,
    "{notice}",
    "A setting without effect is often one that was meant to have some.",
    "Change or remove it; `kafka-mailer config` shows where each value is from.",
)
WORKERS: Final = Fault(
    Area.SETTINGS,
    "workers_above_connections",
    Verdict.WARNING,
    "{workers} workers, but the relays take {connections} connections together",
    "A worker needs a connection; the others wait for one with a mail in hand.",
    "Set EMAIL_WORKERS_MAX or EMAIL_WORKER_COUNT to {connections} at most, or allow more by "
    "connections= in SMTP_RELAYS.",
)
TIMES: Final = Fault(
    Area.SETTINGS,
    "drain_not_below_rebalance",
    Verdict.PROBLEM,
    "draining may take {drain:g} s, but the group waits {rebalance:g} s for a member",
    "A member that drains longer is thrown out, and its mails go twice.",
    "Lower KAFKA_DRAIN_TIMEOUT.",
)
CUT_SHORT: Final = Fault(
    Area.SETTINGS,
    "shutdown_below_attempt",
    Verdict.WARNING,
    "SHUTDOWN_TIMEOUT is {shutdown:g} s, but an attempt may take {attempt:g} s (EMAIL_JOB_TIMEOUT)",
    "A stop cuts slow attempts off; those mails wait for the next start, and one whose last byte "
    "was out may go twice.",
    "Set SHUTDOWN_TIMEOUT to half of EMAIL_JOB_TIMEOUT or more, and the grace period of whatever "
    "stops the service above it.",
)
NO_SENDER: Final = Fault(
    Area.SETTINGS,
    "no_sender",
    Verdict.WARNING,
    "EMAIL_FROM is not set",
    "A message that names no sender becomes a dead letter. Relays could not be asked whether they "
    "take mail, nor DNS about the sender's domain.",
    "Set EMAIL_FROM, unless every producer names a sender.",
)
STAGING: Final = Fault(
    Area.SETTINGS,
    "staging",
    Verdict.WARNING,
    "{setting} is set: {what}",
    "In production this is a mistake, and mail that was meant for somebody is done with.",
    "Unset {setting} in production.",
)
MEMORY: Final = Fault(
    Area.SETTINGS,
    "memory_above_limit",
    Verdict.WARNING,
    "EMAIL_MAX_MEMORY is {wanted} MiB, but {limit} MiB of memory are allowed here",
    "The kernel ends a process that takes more, under load and without a word in the log.",
    "Set EMAIL_MAX_MEMORY to {fits}MiB at most, unset it, or allow more memory.",
)
ONE_RETRY: Final = Fault(
    Area.SETTINGS,
    "ttl_below_retry",
    Verdict.WARNING,
    "EMAIL_TTL lets {type} live {ttl:g} s; the first retry comes after {delay:g} s",
    'One reply of "later", as greylisting gives it, ends such a message as expired.',
    "Put a shorter delay first in RETRY_DELAYS, or lengthen {type} in EMAIL_TTL.",
)

FAULTS: Final = (NOTICE, WORKERS, TIMES, CUT_SHORT, NO_SENDER, STAGING, MEMORY, ONE_RETRY)

# An attempt that takes over twice the time that a stop leaves is likely to be cut.
_TWICE: Final = 2
MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """Times in seconds, sizes in bytes; `staging` pairs a variable and what it does.

    `memory_limit` None: the process may take what it wants.
    """

    workers: int
    connections: int
    drain_s: float
    rebalance_s: float
    shutdown_s: float
    attempt_s: float
    sender: bool
    memory: int
    first_retry_s: float
    ttl: tuple[tuple[str, float], ...] = ()
    staging: tuple[tuple[str, str], ...] = ()
    memory_limit: int | None = None
    memory_fits: int = 0
    notices: tuple[str, ...] = ()
    given: int = 0


def judge_settings(facts: SettingFacts) -> list[Finding]:
    """What contradicts itself; that all is well where nothing does."""
    found = list(_faults(facts))
    return found or [well(Area.SETTINGS, "all", f"{facts.given} set, the others by default")]


def _faults(facts: SettingFacts) -> Iterator[Finding]:
    yield from (NOTICE.found(_subject(each), notice=each) for each in facts.notices)
    if facts.workers > facts.connections:
        yield WORKERS.found(
            "EMAIL_WORKER_COUNT", workers=facts.workers, connections=facts.connections
        )
    if facts.drain_s >= facts.rebalance_s:
        yield TIMES.found("KAFKA_DRAIN_TIMEOUT", drain=facts.drain_s, rebalance=facts.rebalance_s)
    if facts.attempt_s > _TWICE * facts.shutdown_s:
        yield CUT_SHORT.found(
            "SHUTDOWN_TIMEOUT", shutdown=facts.shutdown_s, attempt=facts.attempt_s
        )
    if not facts.sender:
        yield NO_SENDER.found("EMAIL_FROM")
    for setting, what in facts.staging:
        yield STAGING.found(setting, setting=setting, what=what)
    if facts.memory_limit is not None and facts.memory > facts.memory_fits:
        yield MEMORY.found(
            "EMAIL_MAX_MEMORY",
            wanted=facts.memory // MIB,
            limit=facts.memory_limit // MIB,
            fits=facts.memory_fits // MIB,
        )
    for type_, ttl in facts.ttl:
        if ttl < facts.first_retry_s:
            yield ONE_RETRY.found("EMAIL_TTL", type=type_, ttl=ttl, delay=facts.first_retry_s)


def _subject(notice: str) -> str:
    """The variable that a notice begins with, where it does."""
    word = notice.partition(" ")[0].rstrip(":")
    return word if word.replace("_", "").isupper() else "all"
