"""HTTP for those who run the service: is it alive, does mail flow."""

from app.ops.application import create_app
from app.ops.health import (
    HealthSource,
    RelayHealth,
    Snapshot,
    Stall,
    lesser_issues,
    live_issues,
    ready_issues,
)
from app.ops.server import OpsServer

__all__ = [
    "HealthSource",
    "OpsServer",
    "RelayHealth",
    "Snapshot",
    "Stall",
    "create_app",
    "lesser_issues",
    "live_issues",
    "ready_issues",
]
