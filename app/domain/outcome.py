"""What became of a message: the statuses and error kinds of the wire contract."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.lean import lean

if TYPE_CHECKING:
    from app.domain.smtp import Reply


class Status(StrEnum):
    """A result's `status`; all but `retrying` are final."""

    DELIVERED = "delivered"
    RETRYING = "retrying"
    DEAD = "dead"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    DUPLICATE = "duplicate"


class ErrorKind(StrEnum):
    """Why a message was not delivered; MAIL.md section 3 says which signal is which."""

    INVALID_MESSAGE = "invalid_message"
    EXPIRED = "expired"
    SUPPRESSED = "suppressed"
    DUPLICATE = "duplicate"
    CONNECTION = "connection"
    AMBIGUOUS = "ambiguous"
    RELAY_AUTH = "relay_auth"
    RATE_LIMITED = "rate_limited"
    TEMPORARY = "temporary"
    RECIPIENT = "recipient"
    POLICY = "policy"
    CONTENT = "content"
    SENDER = "sender"
    BUG = "bug"


@lean
@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one recipient of one attempt; `kind` None means delivered.

    `permanent`: no retry will help. `delay_s`: the wait that the relay stated. `suppress`: the
    address itself is bad, later mail to it should not be tried.
    """

    address: str
    kind: ErrorKind | None
    permanent: bool = False
    reply: Reply | None = None
    detail: str = ""
    delay_s: float | None = None
    suppress: bool = False

    @property
    def delivered(self) -> bool:
        return self.kind is None


@lean
@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt at sending came to: the value that the pool's handler returns."""

    relay: str
    message_id: str
    verdicts: tuple[Verdict, ...]
    relay_id: str | None = None
    send_s: float = 0.0


@lean
@dataclass(frozen=True, slots=True)
class Withheld:
    """No attempt was made: a verdict for each recipient says why, none of them `delivered`."""

    verdicts: tuple[Verdict, ...]
