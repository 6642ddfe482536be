"""What happens to one message, as OpenTelemetry spans."""

from __future__ import annotations

from app.telemetry.tracing.mail_trace import MailTrace
from app.telemetry.tracing.steps import Steps
from app.telemetry.tracing.tracing import Tracing

__all__ = ["MailTrace", "Steps", "Tracing"]
