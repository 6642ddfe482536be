"""What the service says about itself."""

from __future__ import annotations

from app.telemetry.addresses import AddressPolicy, AddressView
from app.telemetry.last_outcomes import LastOutcomes
from app.telemetry.libraries import sum_up
from app.telemetry.lines import Lines
from app.telemetry.logs import (
    FORMATS,
    LEVELS,
    LogFormat,
    configure_logging,
    get_audit_logger,
    get_logger,
)
from app.telemetry.mail_log import MailEvent, MailLog
from app.telemetry.mail_metrics import MailMetrics
from app.telemetry.metrics import Metrics
from app.telemetry.outcome_tally import Counts, OutcomeTally
from app.telemetry.pool_metrics import PoolEvents, PoolMetrics
from app.telemetry.recent import Recent
from app.telemetry.relay_metrics import RelayMetrics
from app.telemetry.throttle import Throttle

__all__ = [
    "FORMATS",
    "LEVELS",
    "AddressPolicy",
    "AddressView",
    "Counts",
    "LastOutcomes",
    "Lines",
    "LogFormat",
    "MailEvent",
    "MailLog",
    "MailMetrics",
    "Metrics",
    "OutcomeTally",
    "PoolEvents",
    "PoolMetrics",
    "Recent",
    "RelayMetrics",
    "Throttle",
    "configure_logging",
    "get_audit_logger",
    "get_logger",
    "sum_up",
]
