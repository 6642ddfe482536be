"""Every metric there is, in the order of the documentation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.telemetry.metrics.intake import INTAKE
from app.telemetry.metrics.mail import AFTERWARDS, MAIL
from app.telemetry.metrics.pool import POOL
from app.telemetry.metrics.relay import RELAY
from app.telemetry.metrics.service import SERVICE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.telemetry.metrics.definition import Definition

CATALOGUE: Final[Mapping[str, tuple[Definition, ...]]] = {
    "Service": SERVICE,
    "Reading": INTAKE,
    "Messages": MAIL,
    "Relays": RELAY,
    "Retries, dead letters, suppressions": AFTERWARDS,
    "Worker pool": POOL,
}
"""By the title of their section."""
