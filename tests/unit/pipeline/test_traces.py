"""One message's spans, kept while it is in the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON

from app.domain.errors import InvalidMessage
from app.domain.outcome import ErrorKind
from app.domain.smtp import RelayUnavailable
from app.pipeline.traces import Traces
from app.telemetry.in_hand import current_origin, current_trace_id, part, steps
from app.telemetry.tracing import Tracing
from tests.unit.outcomes.builders import ORIGIN, attempt, decided, job

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan


class Recorder:
    """Traces into memory."""

    def __init__(self, *, sampled: bool = True) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler=DEFAULT_ON if sampled else ALWAYS_OFF)
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.traces = Traces(Tracing.of(provider))

    @property
    def spans(self) -> dict[str, ReadableSpan]:
        return {span.name: span for span in self._exporter.get_finished_spans()}


def test_parts_are_inside_of_each_other_and_of_the_message() -> None:
    recorder = Recorder()
    mail = job("ann")
    recorder.traces.keep(mail)

    with recorder.traces.working(mail), part("send", {"server.address": "relay"}):
        followed = steps()
        assert followed is not None
        followed.reached("envelope")
        followed.reached("envelope")
        followed.reached("message")
        followed.over()
    trace = recorder.traces.end(mail.claim)
    assert trace is not None
    trace.end(decided(mail, attempt()))

    spans = recorder.spans
    assert set(spans) == {"wait", "send", "envelope", "message", "process email-queue"}
    whole, sending = spans["process email-queue"], spans["send"]
    assert [spans[name].parent for name in ("wait", "send")] == [whole.context] * 2
    assert [spans[name].parent for name in ("envelope", "message")] == [sending.context] * 2
    assert sending.attributes is not None
    assert dict(sending.attributes) == {"server.address": "relay"}
    assert recorder.traces.end(mail.claim) is None


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (RelayUnavailable("r", "secret", retry_in=1), ErrorKind.CONNECTION),
        (RelayUnavailable("r", "secret", retry_in=1, auth=True), ErrorKind.RELAY_AUTH),
        (InvalidMessage("to", "secret"), ErrorKind.INVALID_MESSAGE),
        (KeyError("secret"), "KeyError"),
    ],
)
def test_a_part_that_fails_has_the_error_s_kind_and_no_words(error: Exception, kind: str) -> None:
    recorder = Recorder()
    mail = job("ann")
    recorder.traces.keep(mail)

    with (
        pytest.raises(type(error)),
        recorder.traces.working(mail),
        part("compose"),
    ):
        raise error

    span = recorder.spans["compose"]
    assert span.attributes is not None
    assert dict(span.attributes) == {"error.type": kind}
    assert not span.status.is_ok
    assert "secret" not in span.to_json()


def test_a_bug_is_told_with_its_place_and_without_its_words() -> None:
    recorder = Recorder()
    mail = job("ann")
    recorder.traces.keep(mail)
    trace = recorder.traces.end(mail.claim)
    assert trace is not None
    data: dict[str, str] = {}
    try:
        data["ann@" + "example.com"]
    except KeyError as error:
        trace.end(decided(mail, error))

    span = recorder.spans["process email-queue"]
    assert span.attributes is not None
    assert span.attributes["error.type"] == "bug"
    assert span.events[0].attributes is not None
    assert span.events[0].attributes["exception.type"] == "KeyError"
    assert "test_traces.py" in str(span.events[0].attributes["exception.stacktrace"])
    assert "ann@example.com" not in span.to_json()


def test_an_id_that_is_an_address_is_masked() -> None:
    recorder = Recorder()
    trace = recorder.traces.begin(job("ann", id="receipt-ann@example.com"))
    assert trace is not None
    trace.end(None)

    attributes = recorder.spans["process email-queue"].attributes
    assert attributes is not None
    assert attributes["messaging.message.id"] == "r***@example.com"
    assert attributes["mailer.status"] == "given_up"


def test_what_is_not_sampled_costs_no_parts_and_is_passed_on() -> None:
    recorder = Recorder(sampled=False)
    mail = job("ann")
    recorder.traces.keep(mail)
    with recorder.traces.working(mail), part("send"):
        assert current_trace_id() is None
        assert steps() is None
    trace = recorder.traces.end(mail.claim)
    assert trace is not None
    trace.end(decided(mail, attempt()))

    ((name, value),) = trace.headers
    assert name == "traceparent"
    assert not int(value[-2:], 16) & 1
    assert not recorder.spans


def test_without_a_tracer_nothing_is_kept_and_the_message_is_in_hand_all_the_same() -> None:
    traces = Traces(Tracing.of_process())
    mail = job("ann")
    traces.keep(mail)

    with traces.working(mail):
        assert current_origin() == ORIGIN
        assert current_trace_id() is None
    assert current_origin() is None
    assert traces.end(mail.claim) is None
