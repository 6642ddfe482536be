"""Sending spans to a collector, by OpenTelemetry's SDK; both are an extra."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from typing import TYPE_CHECKING, Final

from app.domain.errors import Fatal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

SERVICE: Final = "kafka-mailer"
_END_S: Final = 5.0

log = logging.getLogger(__name__)


class Export:
    """Sends spans in batches, from a thread of its own, until `stop`.

    Where to and how many is read from the variables that OpenTelemetry gives its SDK
    (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER`, …). Without a collector spans are
    dropped, and that is all.
    """

    def __init__(self, *, version: str, instance: str) -> None:
        """`Fatal` where the extra is not installed, or a variable of the SDK's is wrong."""
        try:
            self.provider = _provider(version, instance)
        except ImportError:
            raise Fatal("OPS_TRACING: needs libraries: pip install 'kafka-mailer[otel]'") from None
        except ValueError as error:
            # The SDK's own words name no secret: headers are not read here.
            raise Fatal(f"OPS_TRACING: a variable OTEL_… is wrong: {error}") from None

    async def stop(self) -> None:
        """Send what is left, for a few seconds at most; what then remains is lost."""
        loop, over = asyncio.get_running_loop(), asyncio.Event()

        def end() -> None:
            self.provider.shutdown()
            with contextlib.suppress(RuntimeError):  # nobody waits any more
                loop.call_soon_threadsafe(over.set)

        # The loop's own threads are waited for at its end, however long they take.
        threading.Thread(target=end, name="spans", daemon=True).start()
        try:
            async with asyncio.timeout(_END_S):
                await over.wait()
        except TimeoutError:
            log.warning("the collector takes no spans; the last ones are lost")


def _provider(version: str, instance: str) -> TracerProvider:
    # Slow to load, and not always installed.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    ours = Resource(
        {
            "service.name": SERVICE,
            "service.version": version,
            "service.instance.id": instance,
        }
    )
    # Only what the operator says besides: other detectors record the command line.
    provider = TracerProvider(
        resource=ours.merge(OTELResourceDetector().detect()), shutdown_on_exit=False
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider
