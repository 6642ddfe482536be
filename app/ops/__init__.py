"""HTTP for those who run the service: seeing how it is, and changing it while it runs."""

from app.ops.access import Access, Need
from app.ops.application import create_app
from app.ops.health import (
    Issue,
    Phase,
    RelayHealth,
    Snapshot,
    Stall,
    Status,
    Trouble,
    issues_of,
    live_issues,
    status_of,
)
from app.ops.issues import DEFINITIONS, Code, Severity
from app.ops.seeing import Identity, Sight
from app.ops.server import OpsServer

__all__ = [
    "DEFINITIONS",
    "Access",
    "Code",
    "Identity",
    "Issue",
    "Need",
    "OpsServer",
    "Phase",
    "RelayHealth",
    "Severity",
    "Sight",
    "Snapshot",
    "Stall",
    "Status",
    "Trouble",
    "create_app",
    "issues_of",
    "live_issues",
    "status_of",
]
