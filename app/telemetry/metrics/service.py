"""Metrics of the service as a whole."""

from __future__ import annotations

from typing import Final

from app.telemetry.metrics.definition import gauge, histogram

INFO: Final = gauge("info", "1, labelled with the version", "version")
READY: Final = gauge("ready", "1 while mail flows through this instance")
PHASE: Final = gauge("phase", "1 for the phase that the service is in, 0 for the others", "phase")
ISSUE: Final = gauge(
    "issue", "1 for each issue that the health report has, 0 for the others", "code", "severity"
)
MEMORY_LIMIT: Final = gauge(
    "memory_limit_bytes",
    "Memory that this process may take in its container; nothing where there is no limit",
)
LOOP_LAG: Final = histogram(
    "loop_lag_seconds",
    "How much later than asked the event loop got to something, twice a second",
    (0.005, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0),
)

SERVICE: Final = (INFO, READY, PHASE, ISSUE, LOOP_LAG, MEMORY_LIMIT)
