"""From an event to its line: the steps that our loggers and the standard library's share."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import structlog

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from structlog.typing import EventDict, Processor

    from app.telemetry.scrubbing import Scrubber
    from app.telemetry.sink import NamedSink


def own_steps(scrub: Scrubber, *, console: bool, colors: bool) -> list[Processor]:
    """For events of structlog's loggers."""
    return [
        structlog.contextvars.merge_contextvars,
        _framed,
        *_last_steps(scrub, console=console, colors=colors),
    ]


def foreign_formatter(
    scrub: Scrubber, *, console: bool, colors: bool
) -> structlog.stdlib.ProcessorFormatter:
    """For records of the standard library's loggers."""
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[_from_record],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            *_last_steps(scrub, console=console, colors=colors),
        ],
    )


def _last_steps(scrub: Scrubber, *, console: bool, colors: bool) -> list[Processor]:
    if not console:
        return [structlog.processors.format_exc_info, scrub, _as_json]
    renderer = structlog.dev.ConsoleRenderer(
        colors=colors,
        # The pretty ones show local variables: messages and passwords.
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [structlog.processors.format_exc_info, scrub, _for_eyes, renderer]


def _framed(logger: NamedSink, method: str, event: EventDict) -> EventDict:
    return {
        "timestamp": _now(),
        "level": method,
        "logger": logger.name,
        "event": event["event"],
        **event,
    }


def _from_record(_logger: object, _method: str, event: EventDict) -> EventDict:
    record = event["_record"]
    framed = {
        "timestamp": _now(),
        "level": record.levelname.lower(),
        "logger": record.name,
        **event,
    }
    if repeated := getattr(record, "repeated", 0):
        framed["repeated"] = repeated
    return framed


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def _for_eyes(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
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
        return json.dumps(event, default=repr)
