"""What libraries log through the standard library, tamed and brought to our form."""

from __future__ import annotations

import contextlib
import copy
import logging
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from app.telemetry.bursts import Bursts

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.telemetry.sink import Sink

_QUIET: Final = (
    *("aiokafka", "aiosmtplib", "asyncio", "mail.log", "opentelemetry", "requests", "urllib3"),
    "uvicorn",
)


def level_of_libraries(level: int) -> int:
    """Their daily life at info level is noise, and at debug level they print whole messages."""
    return logging.INFO if level <= logging.DEBUG else max(level, logging.WARNING)


def take_over(level: int, handler: LibraryHandler) -> None:
    """Make `handler` the only one of its class at the root."""
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, LibraryHandler)]:
        root.removeHandler(old)
        old.close()
    root.addHandler(handler)
    root.setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(level_of_libraries(level))


def sum_up(*, everything: bool = False) -> None:
    """Write what was counted of bursts whose interval is over; to be called now and then."""
    for each in logging.getLogger().handlers:
        if isinstance(each, LibraryHandler):
            each.sum_up(everything=everything)


class LibraryHandler(logging.Handler):
    """Writes records to the sink, those of a burst summed up."""

    def __init__(
        self, sink: Sink, formatter: logging.Formatter, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self._sink = sink
        self._bursts = Bursts(clock)
        self.setFormatter(formatter)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        for each in self._bursts.written_for(record):
            self._write(each)

    def sum_up(self, *, everything: bool = False) -> None:
        """Write the counts that are due."""
        with self.lock or contextlib.nullcontext():
            for each in self._bursts.summed_up(everything=everything):
                self._write(each)

    @override
    def close(self) -> None:
        self.sum_up(everything=True)
        super().close()

    def _write(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - arguments that do not fit cost the arguments, not the line
            record = copy.copy(record)
            record.args = None
            line = self.format(record)
        self._sink.write(line)
