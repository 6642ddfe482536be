"""Where a message's trace begins: with the context that its record brings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from opentelemetry import trace
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.domain.trace_context import carried
from app.telemetry.addresses import AddressView
from app.telemetry.tracing.mail_trace import MailTrace

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from app.domain.job import Trail
    from app.domain.message import Message
    from app.domain.record import Record

SCOPE: Final = "kafka-mailer"
_W3C: Final = TraceContextTextMapPropagator()
# Producers may have made the id of the address.
_MASK: Final = AddressView()


class Traced(Protocol):
    """A message as intake gives it on, whatever is to become of it."""

    @property
    def record(self) -> Record: ...
    @property
    def trail(self) -> Trail: ...
    @property
    def message(self) -> Message | None: ...


class Tracing:
    """Begins traces; `on` is false where nobody listens, and then nothing is done for them."""

    def __init__(self, tracer: Tracer | None = None, *, group: str = "") -> None:
        self._tracer = tracer
        self._group = group
        self.on = tracer is not None

    @classmethod
    def of_process(cls, *, group: str = "") -> Tracing:
        """By the tracer provider of the process; off as long as there is none but the API's own."""
        provider = trace.get_tracer_provider()
        if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
            return cls()
        return cls.of(provider, group=group)

    @classmethod
    def of(cls, provider: trace.TracerProvider, *, group: str = "") -> Tracing:
        return cls(provider.get_tracer(SCOPE), group=group)

    def begin(self, item: Traced) -> MailTrace | None:
        """The span that handles this record, by OpenTelemetry's conventions for messaging."""
        if self._tracer is None:
            return None
        record = item.record
        span = self._tracer.start_span(
            f"process {record.topic}",
            _W3C.extract({name: value.decode() for name, value in carried(record.headers)}),
            kind=SpanKind.CONSUMER,
            attributes={
                "messaging.system": "kafka",
                "messaging.operation.name": "process",
                "messaging.operation.type": "process",
                "messaging.destination.name": record.topic,
                "messaging.destination.partition.id": str(record.partition),
                "messaging.kafka.offset": record.offset,
                "messaging.consumer.group.name": self._group,
                "messaging.message.body.size": len(record.value or b""),
                "mailer.origin": str(item.trail.origin),
            },
        )
        made = MailTrace(self._tracer, span)
        if made.recorded and (message := item.message) is not None:
            span.set_attribute("messaging.message.id", _MASK.scrub(message.id))
            if message.type is not None:
                span.set_attribute("mailer.type", _MASK.scrub(message.type))
            if message.template is not None:
                span.set_attribute("mailer.template", message.template)
        return made
