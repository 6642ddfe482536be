"""Logging for the whole process: one form for our lines and for those of libraries."""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Final, Literal, TextIO

import structlog

from app.telemetry.addresses import AddressView
from app.telemetry.libraries import LibraryHandler, take_over
from app.telemetry.lines import Lines
from app.telemetry.rendering import foreign_formatter, framed, last_steps
from app.telemetry.scrubbing import Scrubber
from app.telemetry.sink import NamedSink, Sink

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

LogFormat = Literal["auto", "json", "console"]

LEVELS: Final = ("debug", "info", "warning", "error", "critical")
FORMATS: Final = ("auto", "json", "console")


def configure_logging(
    level: str = "info",
    format: LogFormat = "auto",  # noqa: A002 - the setting's own name
    stream: TextIO | None = None,
    *,
    addresses: AddressView | None = None,
) -> Lines:
    """Send everything that is logged to `stream` (standard error), one event a line.

    `auto` is console on a terminal and JSON otherwise. `addresses` says how they are shown, in
    texts and tracebacks too. A further call replaces what the one before set up; handlers of
    others are left alone. ValueError for an unknown level or format.
    """
    if level not in LEVELS:
        raise ValueError(f"log level: {', '.join(LEVELS)} are allowed, not {level!r}")
    if format not in FORMATS:
        raise ValueError(f"log format: {', '.join(FORMATS)} are allowed, not {format!r}")
    sink = Sink(sys.stderr if stream is None else stream)
    console = format == "console" or (format == "auto" and sink.is_terminal)
    steps = last_steps(
        Scrubber(addresses or AddressView()), console=console, colors=sink.is_terminal
    )
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[framed, *steps],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda name="app": NamedSink(name, sink),
        cache_logger_on_first_use=False,
    )
    take_over(number, LibraryHandler(sink, foreign_formatter(steps), time.monotonic))
    return Lines(sink, steps, number)


def get_logger(name: str) -> FilteringBoundLogger:
    """A logger whose lines carry `logger: name`; it follows every later `configure_logging`."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger


def get_audit_logger(name: str) -> FilteringBoundLogger:
    """As `get_logger`; its lines are written at every level, for nobody turns an audit off."""
    logger: FilteringBoundLogger = structlog.wrap_logger(
        None,
        wrapper_class=structlog.make_filtering_bound_logger(logging.NOTSET),
        logger_factory_args=(name,),
    )
    return logger
