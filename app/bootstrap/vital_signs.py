"""The service as health sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ops.health import RelayHealth, Snapshot, Stall
from app.relay import RelayStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.bootstrap.service import Service
    from app.pipeline.watchdog import Pulse

STALLED_S = 30.0


class VitalSigns:
    """`app.ops.health.HealthSource` over the running service."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def snapshot(self) -> Snapshot:
        """How it is now."""
        service = self._service
        pulses = service.watchdog.pulses
        return Snapshot(
            started=service.started,
            joined=bool(service.readers)
            and all(reader.assignment.resumed for reader in service.readers),
            draining=service.draining,
            relays=tuple(
                RelayHealth(
                    state.name,
                    state.status in {RelayStatus.CLOSED, RelayStatus.RESTING},
                    state.last_error or "",
                )
                for state in service.relays.states()
            ),
            troubles=_troubles(pulses, mail_flows=False),
            lesser_troubles=_troubles(pulses, mail_flows=True),
            stalls=tuple(
                Stall(pulse.name, pulse.age_s) for pulse in pulses if pulse.age_s > STALLED_S
            ),
        )


def _troubles(pulses: Sequence[Pulse], *, mail_flows: bool) -> tuple[tuple[str, str], ...]:
    return tuple(
        (pulse.name, pulse.reason)
        for pulse in pulses
        if pulse.reason and pulse.mail_flows is mail_flows
    )
