"""What one transaction came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.smtp import RecipientReply


@dataclass(slots=True)
class Outcome:
    """Of one transaction.

    `overflow`: recipients that the relay wants in another transaction. `last_octet`: the whole
    message was handed to the kernel for somebody. `cancelled`: somebody wanted it to stop when it
    was too late. `unused`: the relay closed the connection before the last octet, or took its leave
    first. `balked`: BDAT was not understood, and who has no reply yet should get the message
    otherwise. `lost_at_bdat`: the connection ended with a BDAT unanswered. `again`: the same
    recipients may be tried at once on a fresh connection, as if nothing had been said.
    """

    replies: dict[str, RecipientReply] = field(default_factory=dict)
    overflow: tuple[str, ...] = ()
    delivered: bool = False
    last_octet: bool = False
    cancelled: bool = False
    unused: bool = False
    balked: bool = False
    lost_at_bdat: bool = False
    again: bool = False
