"""The message a producer asked for: DESIGN's wire contract as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.domain.lean import lean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class MessagePriority(StrEnum):
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@lean
@dataclass(frozen=True, slots=True)
class Address:
    """A checked mail address; `domain` is lower-case ASCII (A-labels), `name` the display name."""

    local: str
    domain: str
    name: str = ""

    @property
    def spec(self) -> str:
        """`local@domain` (RFC 5322 addr-spec), as used in the envelope."""
        return f"{self.local}@{self.domain}"


@lean
@dataclass(frozen=True, slots=True)
class Attachment:
    """`content` is decoded; `disposition` is `attachment` or `inline`."""

    filename: str
    content_type: str
    content: bytes
    disposition: str = "attachment"
    content_id: str | None = None


@lean
@dataclass(frozen=True, slots=True)
class Unsubscribe:
    """List-Unsubscribe (RFC 2369) and its one-click form (RFC 8058)."""

    url: str | None = None
    mailto: str | None = None
    one_click: bool = False


@lean
@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One validated message.

    `id_given` tells whether the producer named the id. `envelope_from` is None when the header
    sender serves, the empty string for the null sender `<>`. Times are timezone-aware.
    """

    id: str
    id_given: bool = True
    sender: Address | None = None
    envelope_from: Address | str | None = None
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str | None = None
    text: str | None = None
    html: str | None = None
    template: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    priority: MessagePriority = MessagePriority.NORMAL
    send_at: datetime | None = None
    expires_at: datetime | None = None
    max_retries: int | None = None
    unsubscribe: Unsubscribe | None = None
    locale: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    type: str | None = None
    retry_count: int = 0

    @property
    def recipients(self) -> tuple[Address, ...]:
        """Everybody it goes to, each address once, in order of To, Cc, Bcc."""
        if len(self.to) == 1 and not self.cc and not self.bcc:
            return self.to
        seen: dict[str, Address] = {}
        for address in (*self.to, *self.cc, *self.bcc):
            seen.setdefault(address.spec, address)
        return tuple(seen.values())
