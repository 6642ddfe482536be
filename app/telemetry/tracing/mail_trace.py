"""One message's span in this service, from being taken up to its decision."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from opentelemetry.trace import format_span_id, format_trace_id, set_span_in_context

from app.domain.outcome import Status
from app.domain.trace_context import TRACEPARENT, TRACESTATE
from app.telemetry.in_hand import NOT_TRACED
from app.telemetry.tracing.parts import Part, add_exception, fail
from app.telemetry.tracing.steps import Steps

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from app.domain.record import Headers
    from app.telemetry.in_hand import AnyPart, Attributes
    from app.telemetry.mail_log import MailEvent

_AS_WANTED = frozenset({None, Status.DELIVERED, Status.SUPPRESSED, Status.DUPLICATE})
_TOLD = {
    "attempt": "mailer.attempt",
    "relay": "mailer.relay",
    "code": "mailer.smtp.code",
    "enhanced_code": "mailer.smtp.enhanced_code",
    "next_attempt_at": "mailer.next_attempt_at",
}


class MailTrace:
    """Makes spans for the parts of the work, as far as the trace is sampled."""

    __slots__ = ("_around", "_idle_since", "_span", "_tracer", "recorded")

    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._around = [span]
        self._idle_since = time.time_ns()
        self.recorded = span.is_recording()

    @property
    def id(self) -> str | None:
        """In hexadecimal; None where nothing is recorded that it would lead to."""
        return format_trace_id(self._span.get_span_context().trace_id) if self.recorded else None

    @property
    def headers(self) -> Headers:
        """For the records that follow from this message, also where it is not sampled."""
        context = self._span.get_span_context()
        trace, span = format_trace_id(context.trace_id), format_span_id(context.span_id)
        parent = (TRACEPARENT, f"00-{trace}-{span}-{context.trace_flags:02x}".encode())
        state = context.trace_state.to_header()
        return (parent, (TRACESTATE, state.encode())) if state else (parent,)

    def part(self, name: str, attributes: Attributes) -> AnyPart:
        if not self.recorded:
            return NOT_TRACED
        return Part(self._tracer, self._around, name, attributes)

    def steps(self) -> Steps | None:
        return Steps(self) if self.recorded else None

    def waited(self) -> None:
        """A worker takes it: what has passed since the last one let go of it was waiting."""
        if self.recorded:
            context = set_span_in_context(self._span)
            waiting = self._tracer.start_span("wait", context, start_time=self._idle_since)
            waiting.end()

    def let_go(self) -> None:
        """No worker has it any more."""
        self._idle_since = time.time_ns()

    def end(self, decision: MailEvent | None) -> None:
        """What was decided; None where that is left to whoever takes the message up next."""
        span = self._span
        if self.recorded and decision is None:
            span.set_attribute("mailer.status", "given_up")
        elif self.recorded and decision is not None:
            self._tell(decision)
        span.end()

    def _tell(self, decision: MailEvent) -> None:
        span, fields = self._span, decision.fields
        span.set_attribute("mailer.status", decision.event.removeprefix("email."))
        span.set_attribute("mailer.recipients", len(fields["recipients"]))
        for field, name in _TOLD.items():
            if (value := fields[field]) is not None:
                span.set_attribute(name, value)
        if decision.kind is not None and decision.status not in _AS_WANTED:
            fail(span, decision.kind)
        elif decision.kind is not None:
            span.set_attribute("mailer.error_kind", decision.kind)
        if decision.error is not None:
            add_exception(span, decision.error)
