"""The straight way to the log, for what is written with every message."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from app.domain.clock import epoch_ms
from app.domain.timestamps import rfc3339
from app.telemetry.in_hand import current_trace_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from structlog.typing import Processor

    from app.telemetry.sink import Sink

_NAMES: Final = {
    level: logging.getLevelName(level).lower()
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
}


class Lines:
    """Writes events as structlog's loggers do, at half their cost; made by `configure_logging`.

    `level` is the standard library's number of the lowest level that is written.
    """

    def __init__(self, sink: Sink, steps: list[Processor], level: int) -> None:
        self._sink = sink
        self._steps = steps
        self._level = level

    def write(self, level: int, logger: str, event: str, fields: Mapping[str, Any]) -> None:
        if level < self._level:
            return
        name = _NAMES[level]
        line: Any = {
            "timestamp": rfc3339(epoch_ms()),
            "level": name,
            "logger": logger,
            "event": event,
            **fields,
        }
        if (trace := current_trace_id()) is not None:
            line["trace_id"] = trace
        for step in self._steps:
            line = step(None, name, line)
        self._sink.write(line)
