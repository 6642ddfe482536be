"""How long a certificate lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.peer_tls import PeerTls

SOON_DAYS: Final = 21
"""What renews certificates by itself does so before: ACME clients at 30 days of 90."""


def days_left(tls: PeerTls, now: datetime) -> int:
    """Whole days until the first certificate of the chain ends."""
    return (tls.ends_at - now).days
