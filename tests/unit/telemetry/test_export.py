"""Sending spans never holds anything up, and says what it lacks."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from app.domain.errors import Fatal
from app.telemetry.tracing import export as exporting
from app.telemetry.tracing.export import Export

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider


def test_without_the_extra_it_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    with pytest.raises(Fatal, match=r"OPS_TRACING: .*pip install 'kafka-mailer\[otel\]'"):
        Export(version="1", instance="a")


def test_a_wrong_variable_of_the_sdk_s_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "-1")

    with pytest.raises(Fatal, match=r"OPS_TRACING: a variable OTEL_… is wrong"):
        Export(version="1", instance="a")


def test_the_operator_s_names_come_before_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "shop-mail")
    export = Export(version="1", instance="a")

    found = export.provider.resource.attributes
    assert (found["service.name"], found["service.version"]) == ("shop-mail", "1")
    export.provider.shutdown()


def test_an_end_waits_for_no_collector_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    answered = threading.Event()

    class Stuck:
        def shutdown(self) -> None:
            answered.wait(30)

    def stuck(version: str, instance: str) -> Stuck | TracerProvider:
        return Stuck()

    monkeypatch.setattr(exporting, "_provider", stuck)
    monkeypatch.setattr(exporting, "_END_S", 0.05)
    with caplog.at_level(logging.WARNING):
        asyncio.run(Export(version="1", instance="a").stop())

    assert "the last ones are lost" in caplog.text
    answered.set()
