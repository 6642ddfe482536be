"""Logging into memory, with everything global put back afterwards."""

from __future__ import annotations

import io
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from typing_extensions import override

from app.telemetry import AddressView, Lines, LogFormat, configure_logging
from app.telemetry.libraries import LibraryHandler

if TYPE_CHECKING:
    from collections.abc import Iterator


class Captured(io.StringIO):
    """`lines` to write through, and what came of it."""

    lines: Lines
    terminal = False

    @override
    def isatty(self) -> bool:
        return self.terminal

    @property
    def handler(self) -> LibraryHandler:
        """The one that takes what libraries log."""
        found = [each for each in logging.getLogger().handlers if isinstance(each, LibraryHandler)]
        assert len(found) == 1
        return found[0]

    @property
    def text(self) -> str:
        return self.getvalue()

    @property
    def events(self) -> list[dict[str, Any]]:
        return [orjson.loads(line) for line in self.text.splitlines()]

    @property
    def event(self) -> dict[str, Any]:
        [only] = self.events
        return only


@contextmanager
def captured(
    level: str = "info",
    form: LogFormat = "json",
    addresses: str = "masked",
    *,
    terminal: bool = False,
) -> Iterator[Captured]:
    stream = Captured()
    stream.terminal = terminal
    root = logging.getLogger()
    before = root.level
    stream.lines = configure_logging(level, form, stream, addresses=AddressView(addresses))
    try:
        yield stream
    finally:
        structlog.reset_defaults()
        root.setLevel(before)
        for handler in [each for each in root.handlers if isinstance(each, LibraryHandler)]:
            root.removeHandler(handler)
