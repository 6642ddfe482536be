"""The verdict on the service's health: pure, over what was true at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.ops.issues import DEFINITIONS, Code, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime


class Phase(StrEnum):
    """Where in its life the service is; JOINING also means joined again after a loss."""

    STARTING = "starting"
    JOINING = "joining"
    RUNNING = "running"
    PAUSED = "paused"
    DRAINING = "draining"


class Status(StrEnum):
    """DOWN: no mail flows through this instance. DEGRADED: it does, and something is wrong."""

    OK = "ok"
    DEGRADED = "degraded"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Stall:
    """A loop that has not turned for `seconds`."""

    loop: str
    seconds: float
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps a part of the service from its work."""

    code: Code
    part: str
    reason: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class RelayHealth:
    """Whether mail may go to the relay now; `trouble` says what keeps it away, "" if unknown."""

    name: str
    usable: bool
    trouble: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The service at one moment.

    `stalls`: loops that stand still. `stuck`: mails that are on their way for too long. No text
    holds an address or content of a mail. `dead` of the last hundred messages, and `put_off` of
    the last hundred attempts, where these are many; else 0.
    """

    phase: Phase
    phase_since: datetime | None = None
    relays: tuple[RelayHealth, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    stalls: tuple[Stall, ...] = ()
    stuck: int = 0
    dead: int = 0
    put_off: int = 0


@dataclass(frozen=True, slots=True)
class Issue:
    """Something wrong; `since` where that is known."""

    code: Code
    text: str
    since: datetime | None = None

    @property
    def severity(self) -> Severity:
        return DEFINITIONS[self.code].severity

    @property
    def action(self) -> str:
        """What to do about it."""
        return DEFINITIONS[self.code].action


def status_of(issues: Iterable[Issue]) -> Status:
    severities = {each.severity for each in issues}
    if Severity.CRITICAL in severities:
        return Status.DOWN
    return Status.DEGRADED if severities else Status.OK


def live_issues(snapshot: Snapshot) -> tuple[Issue, ...]:
    """Why the process should be replaced; waiting for others is no reason."""
    return tuple(
        Issue(Code.LOOP_STALLED, f"{each.loop} has not turned for {each.seconds:.0f} s", each.since)
        for each in snapshot.stalls
    )


def issues_of(snapshot: Snapshot) -> tuple[Issue, ...]:
    """All that is wrong, the gravest first."""
    found = _issues(snapshot)
    return tuple(sorted(found, key=lambda each: each.severity is not Severity.CRITICAL))


def _issues(snapshot: Snapshot) -> Iterator[Issue]:
    yield from live_issues(snapshot)
    phase = _PHASES.get(snapshot.phase)
    if phase is not None:
        yield Issue(phase[0], phase[1], snapshot.phase_since)
    if snapshot.phase is Phase.DRAINING:
        return
    for each in snapshot.troubles:
        yield Issue(each.code, f"{each.part}: {each.reason}", each.since)
    away = [each for each in snapshot.relays if not each.usable]
    code = Code.RELAYS_AWAY if len(away) == len(snapshot.relays) else Code.RELAY_AWAY
    for relay in away:
        trouble = f": {relay.trouble}" if relay.trouble else ""
        yield Issue(code, f"relay {relay.name} is left alone{trouble}", relay.since)
    if snapshot.stuck:
        yield Issue(Code.JOBS_STUCK, f"{snapshot.stuck} on their way for too long")
    if snapshot.dead:
        text = f"{snapshot.dead} of the last 100 messages bounced or are dead"
        yield Issue(Code.MANY_DEAD, text)
    if snapshot.put_off:
        text = f"{snapshot.put_off} of the last 100 attempts are to be made again"
        yield Issue(Code.MANY_RETRIES, text)


_PHASES = {
    Phase.STARTING: (Code.STARTING, "starting"),
    Phase.JOINING: (Code.NOT_JOINED, "not a member of the consumer group yet"),
    Phase.PAUSED: (Code.PAUSED, "paused by an operator"),
    Phase.DRAINING: (Code.DRAINING, "draining: what runs may end, nothing new is taken up"),
}
