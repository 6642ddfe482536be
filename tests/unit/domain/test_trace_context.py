"""The trace context of a record's headers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app.domain.trace_context import carried

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01".encode()


def test_the_last_of_each_header_counts() -> None:
    headers = (("traceparent", b"x"), ("a", b"1"), ("tracestate", b"k=v"), ("traceparent", PARENT))

    assert carried(headers) == (("traceparent", PARENT), ("tracestate", b"k=v"))
    assert carried((("tracestate", b"k=v"),)) == ()


@pytest.mark.parametrize(
    "parent",
    [
        b"",
        b"\xff",
        PARENT[:-1],
        PARENT.upper(),
        PARENT + b"-more",
        PARENT + b"\n",
        b"ff" + PARENT[2:],
        f"00-{'0' * 32}-{SPAN}-01".encode(),
        f"00-{TRACE}-{'0' * 16}-01".encode(),
        b"01" + PARENT[2:] + b"-" + b"x" * 600,
    ],
)
def test_what_is_no_context_is_passed_over(parent: bytes) -> None:
    assert carried((("traceparent", parent), ("tracestate", b"k=v"))) == ()


def test_a_later_version_is_taken() -> None:
    later = b"01" + PARENT[2:] + b"-more"

    assert carried((("traceparent", later),)) == (("traceparent", later),)


@given(st.binary(max_size=80) | st.binary(max_size=4).map(lambda end: PARENT[:-2] + end))
def test_what_is_carried_opentelemetry_takes(parent: bytes) -> None:
    found = {name: value.decode() for name, value in carried((("traceparent", parent),))}

    context = get_current_span(TraceContextTextMapPropagator().extract(found)).get_span_context()
    assert context.is_valid == bool(found)
