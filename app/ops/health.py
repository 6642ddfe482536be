"""The verdict on the service's health: pure, over what was true at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Stall:
    """A loop that has not turned for `seconds`."""

    loop: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RelayHealth:
    """Whether mail may go to the relay now; `trouble` says what keeps it away, "" if unknown."""

    name: str
    usable: bool
    trouble: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The service at one moment.

    `started`: everything is built and reading has begun. `joined`: every consumer is a member of
    its group, if perhaps without partitions. `troubles`: what keeps parts of the service from
    their work, by part, such as brokers that do not answer; `lesser_troubles`: while mail flows all
    the same. `stalls`: loops that stand still. No text holds an address or content of a mail.
    """

    started: bool
    joined: bool
    draining: bool = False
    relays: tuple[RelayHealth, ...] = ()
    troubles: tuple[tuple[str, str], ...] = ()
    lesser_troubles: tuple[tuple[str, str], ...] = ()
    stalls: tuple[Stall, ...] = ()


class HealthSource(Protocol):
    """Whoever knows how the service is."""

    def snapshot(self) -> Snapshot:
        """How it is now; cheap, and never waits."""
        ...


def live_issues(snapshot: Snapshot) -> tuple[str, ...]:
    """Why the process should be replaced; waiting for others is no reason."""
    return tuple(f"{each.loop} has not turned for {each.seconds:.0f} s" for each in snapshot.stalls)


def ready_issues(snapshot: Snapshot) -> tuple[str, ...]:
    """Why mail does not flow through this instance now."""
    return tuple(_ready_issues(snapshot))


def lesser_issues(snapshot: Snapshot) -> tuple[str, ...]:
    """What is wrong while mail flows all the same."""
    return tuple(f"{part}: {reason}" for part, reason in snapshot.lesser_troubles)


def _ready_issues(snapshot: Snapshot) -> Iterator[str]:
    yield from live_issues(snapshot)
    if snapshot.draining:
        yield "draining: what runs may end, nothing new is taken up"
        return
    if not snapshot.started:
        yield "starting"
    elif not snapshot.joined:
        yield "not a member of the consumer group yet"
    for part, reason in snapshot.troubles:
        yield f"{part}: {reason}"
    if snapshot.relays and not any(each.usable for each in snapshot.relays):
        for each in snapshot.relays:
            trouble = f": {each.trouble}" if each.trouble else ""
            yield f"relay {each.name} is left alone{trouble}"
