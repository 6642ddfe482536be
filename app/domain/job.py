"""A message on its way through the pool, and what never became one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

from app.domain.lean import lean

if TYPE_CHECKING:
    from app.domain.claim import Claim
    from app.domain.message import Address, Message
    from app.domain.outcome import Attempt, ErrorKind, Withheld
    from app.domain.record import Origin, Record


@lean
@dataclass(frozen=True, slots=True)
class Trail:
    """A message's past, from the `mail-*` headers (or its first record, when there are none).

    `attempts` made before this one; `first_seen_ms` and `not_before_ms` in epoch milliseconds;
    `recipients`: who remains, None for all; `last_kind`: how the previous attempt ended.
    """

    origin: Origin
    first_seen_ms: int
    attempts: int = 0
    not_before_ms: int | None = None
    recipients: tuple[str, ...] | None = None
    last_kind: ErrorKind | None = None


@lean
@dataclass(frozen=True, slots=True)
class MailJob:
    """What is submitted to the pool. `recipients` are those of this attempt, never empty."""

    claim: Claim
    record: Record
    trail: Trail
    message: Message
    recipients: tuple[Address, ...]
    size: int


class RefusedAs(StrEnum):
    """Why a record never became a job."""

    INVALID = "invalid"
    EXPIRED = "expired"


@lean
@dataclass(frozen=True, slots=True)
class Refused:
    """A record that intake does not submit; `message` is None when it could not be decoded."""

    claim: Claim
    record: Record
    trail: Trail
    why: RefusedAs
    reason: str
    message: Message | None = None


@lean
@dataclass(frozen=True, slots=True)
class Hop:
    """Not due yet: goes to a retry tier until `not_before_ms`; neither attempt nor result."""

    claim: Claim
    record: Record
    trail: Trail
    message: Message
    not_before_ms: int


Handled: TypeAlias = "Attempt | Withheld | Hop | None"
"""What the pool's handler made of a job: an attempt, none because nobody may get the message, none
because it has to wait, or nothing because its claim was stale."""


class JobSink(Protocol):
    """Where intake puts what it read; the pipeline implements it over the pool and the router."""

    def room(self) -> int:
        """How many more jobs would enter at once."""
        ...

    async def wait_for_room(self, seconds: float) -> None:
        """Return once there may be room, after `seconds` at the latest."""
        ...

    def offer(self, job: MailJob) -> bool:
        """Hand a job to the pool; False when it has no room for it now (nothing was kept)."""
        ...

    def divert(self, item: Refused | Hop) -> None:
        """Hand the router what never becomes a job; never waits."""
        ...

    def withdraw(self, epochs: frozenset[int]) -> int:
        """Take back the jobs of these assignments that have not started; how many there were."""
        ...

    def abort(self, epochs: frozenset[int]) -> int:
        """Cut those that run, before their last octet only; how many there were."""
        ...
