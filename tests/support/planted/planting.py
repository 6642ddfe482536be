"""One fault in facts, and the words by which its mend is known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from app.domain.peer_tls import PeerTls

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.finding import Finding

NOW = datetime(2026, 11, 29, tzinfo=UTC)


class Planting(NamedTuple):
    """`judged` gives the findings; one has this code, and its mend or words say `said`."""

    code: str
    said: str
    judged: Callable[[], list[Finding]]


def certificate(days: int) -> PeerTls:
    return PeerTls("TLSv1.3", NOW + timedelta(days=days, hours=1), "CN=test")
