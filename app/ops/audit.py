"""Who changed what, in the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.telemetry import get_audit_logger

if TYPE_CHECKING:
    from app.ops.operation import Call


def audit(call: Call, action: str, **what: Any) -> None:
    """Log `admin.<action>`, with who did it and from where, whatever the log's level is.

    There is one token, so who is always that. The peer is who is connected: what a header claims
    is anybody's guess.
    """
    get_audit_logger("admin").info(f"admin.{action}", who="token", peer=call.peer, **what)
