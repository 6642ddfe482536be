"""Tracing as the settings ask for it."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from app import __version__
from app.telemetry.tracing import Tracing
from app.telemetry.tracing.export import Export

if TYPE_CHECKING:
    from app.settings import Settings


def export(settings: Settings) -> Export:
    """`Fatal` where that cannot be."""
    instance = settings.kafka_instance_id or socket.gethostname()
    return Export(version=__version__, instance=instance)


def tracing(settings: Settings, exporting: Export | None) -> Tracing:
    """By the exporter's provider, or else by one that the process was given from outside."""
    group = settings.kafka_group_id
    if exporting is None:
        return Tracing.of_process(group=group)
    return Tracing.of(exporting.provider, group=group)
