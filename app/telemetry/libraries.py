"""What libraries log through the standard library, tamed and brought to our form."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Final

from typing_extensions import override

from app.telemetry.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.telemetry.sink import Sink

_QUIET: Final = ("aiokafka", "aiosmtplib", "asyncio", "mail.log", "uvicorn")
_REPEATING: Final = ("aiokafka",)
_REMEMBERED: Final = 500
# Their lines are details of what the service says itself.
_AGAIN_S: Final = 60.0


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


class LibraryHandler(logging.Handler):
    """Writes records to the sink; what a library says at each of its attempts, ever more rarely."""

    def __init__(
        self, sink: Sink, formatter: logging.Formatter, clock: Callable[[], float]
    ) -> None:
        super().__init__()
        self._sink = sink
        self._clock = clock
        self._throttles: dict[tuple[str, str], Throttle] = {}
        self.setFormatter(formatter)

    @override
    def emit(self, record: logging.LogRecord) -> None:
        if record.name.partition(".")[0] in _REPEATING:
            throttle = self._throttle(record)
            repeated = throttle.silenced
            if not throttle.due():
                return
            if repeated:
                record = copy.copy(record)
                record.__dict__["repeated"] = repeated
        try:
            line = self.format(record)
        except Exception:  # noqa: BLE001 - arguments that do not fit cost the arguments, not the line
            record = copy.copy(record)
            record.args = None
            line = self.format(record)
        self._sink.write(line)

    def _throttle(self, record: logging.LogRecord) -> Throttle:
        key = (record.name, str(record.msg))
        if key not in self._throttles:
            if len(self._throttles) >= _REMEMBERED:
                self._throttles.clear()
            self._throttles[key] = Throttle(self._clock, first=_AGAIN_S)
        return self._throttles[key]
