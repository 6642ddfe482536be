"""What follows from the end of a message's attempt, ready to be written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.domain.lean import lean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.claim import Claim
    from app.domain.outcome import ErrorKind, Status
    from app.domain.record import Outgoing
    from app.outcomes.schedule import Schedule


def nothing_stands(_digest: bytes) -> bool:
    """No entry forbids another."""
    return False


@lean
@dataclass(frozen=True, slots=True)
class Suppressing:
    """Where an address that turned out bad is entered, and for how many seconds.

    `stands`: whether an entry is known, by digest, that a bounce must not replace.
    """

    topic: str
    ttl_s: float
    stands: Callable[[bytes], bool] = nothing_stands


@lean
@dataclass(frozen=True, slots=True)
class Routes:
    """Where outcomes are written; `results` None means that no results are, and so on."""

    schedule: Schedule
    dead_letters: str
    results: str | None
    suppressing: Suppressing | None = None


class Unsent(StrEnum):
    """How a job ended without its handler having given an attempt or an error."""

    TIMED_OUT = "timed_out"
    EXPIRED = "expired"


@lean
@dataclass(frozen=True, slots=True)
class Decision:
    """What to write before `claim` may be settled.

    `letters` go to tiers and dead letters and must all be acknowledged; a `result` and `notes`
    (what is to be remembered) that are refused for good settle all the same. `status` and `kind`
    are those of the attempt, status None for a hop, which has no result. `fields` is the result as
    the log takes it, addresses whole; `error` the exception whose traceback belongs in the log.
    `age_s`: since the message was first seen, or was to be sent; None where that is unknown.
    """

    claim: Claim
    status: Status | None
    kind: ErrorKind | None = None
    letters: tuple[Outgoing, ...] = ()
    result: Outgoing | None = None
    notes: tuple[Outgoing, ...] = ()
    next_attempt_at_ms: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    template: str | None = None
    age_s: float | None = None
    error: BaseException | None = None

    @property
    def event(self) -> str:
        """The log event's name."""
        return f"email.{self.status or 'waiting'}"
