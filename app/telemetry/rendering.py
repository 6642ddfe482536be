"""From an event to its line: the steps that our loggers and the standard library's share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import orjson
import structlog

from app.domain.clock import epoch_ms
from app.domain.timestamps import rfc3339
from app.telemetry.in_hand import current_origin, current_trace_id
from app.telemetry.tracebacks import with_exception

if TYPE_CHECKING:
    from logging import LogRecord

    from structlog.typing import EventDict, Processor

    from app.telemetry.scrubbing import Scrubber
    from app.telemetry.sink import NamedSink


def last_steps(scrub: Scrubber, *, console: bool, colors: bool) -> list[Processor]:
    """Exception to text, addresses by policy, then the line: the last step gives a string."""
    if not console:
        return [with_exception, scrub, _as_json]
    renderer = structlog.dev.ConsoleRenderer(
        colors=colors,
        # The pretty ones show local variables: messages and passwords.
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [with_exception, scrub, _for_eyes, renderer]


def foreign_formatter(steps: list[Processor]) -> structlog.stdlib.ProcessorFormatter:
    """The same for records of the standard library's loggers."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_from_record],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *steps],
    )


def framed(logger: NamedSink, method: str, event: EventDict) -> EventDict:
    """What every line begins with."""
    return {
        "timestamp": rfc3339(epoch_ms()),
        "level": method,
        "logger": logger.name,
        "event": event["event"],
        **event,
    }


def _from_record(_logger: object, _method: str, event: EventDict) -> EventDict:
    record: LogRecord = event["_record"]
    line = {
        "timestamp": rfc3339(epoch_ms()),
        "level": record.levelname.lower(),
        "logger": record.name,
        **event,
    }
    if repeated := getattr(record, "repeated", 0):
        line["repeated"] = repeated
        return line  # it is about several messages
    if (origin := getattr(record, "origin", None) or current_origin()) is not None:
        line["origin"] = str(origin)
    if (trace := current_trace_id()) is not None:
        line["trace_id"] = trace
    return line


def _for_eyes(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Leaves out what says nothing, and writes recipients in words."""
    shown = {name: value for name, value in event.items() if value not in (None, "", [], {})}
    recipients = shown.get("recipients")
    if isinstance(recipients, list) and all(isinstance(each, dict) for each in recipients):
        shown["recipients"] = ", ".join(
            " ".join(str(value) for value in each.values() if value is not None)
            for each in recipients
        )
    return shown


def _as_json(_logger: object, _method: str, event: EventDict) -> str:
    try:
        return orjson.dumps(event).decode()
    except orjson.JSONEncodeError:
        # Integers over 64 bits, lone surrogates.
        line = json.dumps(event, ensure_ascii=False, default=repr)
        return line.encode(errors="replace").decode()
