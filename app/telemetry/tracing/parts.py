"""Spans of the parts of one message's way."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, ClassVar, Self

from opentelemetry.trace import SpanKind, Status, StatusCode, set_span_in_context

from app.domain.errors import InvalidMessage
from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from app.telemetry.in_hand import Attributes


class Part:
    """One span, inside of the one that is the last of `around`."""

    __slots__ = ("_around", "_attributes", "_kind", "_name", "_span", "_tracer")

    recorded: ClassVar = True
    _span: Span

    def __init__(
        self,
        tracer: Tracer,
        around: list[Span],
        name: str,
        attributes: Attributes,
    ) -> None:
        self._tracer = tracer
        self._around = around
        self._name = name
        self._attributes = attributes
        # Whatever talks to another server says to which.
        self._kind = SpanKind.CLIENT if "server.address" in attributes else SpanKind.INTERNAL

    def __enter__(self) -> Self:
        self._span = self._tracer.start_span(
            self._name,
            set_span_in_context(self._around[-1]),
            kind=self._kind,
            attributes=self._attributes,
        )
        self._around.append(self._span)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is not None:
            self.failed(_kind_of(error))
        self._around.remove(self._span)
        self._span.end()

    def note(self, attributes: Attributes) -> None:
        """More attributes."""
        for name, value in attributes.items():
            self._span.set_attribute(name, value)

    def failed(self, kind: str) -> None:
        """It went wrong, and so."""
        fail(self._span, kind)


def fail(span: Span, kind: str) -> None:
    """Errors have a kind and no text: that may hold what a message says."""
    span.set_attribute("error.type", kind)
    span.set_status(Status(StatusCode.ERROR))


def add_exception(span: Span, error: BaseException) -> None:
    """Class and place of an exception, without its words."""
    span.add_event(
        "exception",
        {
            "exception.type": type(error).__qualname__,
            "exception.stacktrace": "".join(traceback.format_tb(error.__traceback__)),
        },
    )


def _kind_of(error: BaseException) -> str:
    match error:
        case RelayUnavailable():
            return ErrorKind.RELAY_AUTH if error.auth else ErrorKind.CONNECTION
        case InvalidMessage():
            return ErrorKind.INVALID_MESSAGE
        case _:
            return type(error).__qualname__
