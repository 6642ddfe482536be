"""SMTP relays: connections, the dialogue, and when to leave a relay alone."""

from app.relay.config import AuthMethod, BreakerConfig, RelayConfig, Security
from app.relay.dry_run import DryRun
from app.relay.relays import Relays
from app.relay.state import RelayState, RelayStatus
from app.relay.timeouts import Timeouts

__all__ = [
    "AuthMethod",
    "BreakerConfig",
    "DryRun",
    "RelayConfig",
    "RelayState",
    "RelayStatus",
    "Relays",
    "Security",
    "Timeouts",
]
