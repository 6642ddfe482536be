"""Where log lines end."""

from __future__ import annotations

import threading
from typing import TextIO


class Sink:
    """Writes whole lines, from any thread. A stream that fails costs lines, never the service."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self.lost = 0

    @property
    def is_terminal(self) -> bool:
        try:
            return self._stream.isatty()
        except ValueError:  # closed
            return False

    def write(self, line: str) -> None:
        with self._lock:
            try:
                self._write(line)
                self._stream.flush()
            except (OSError, ValueError):
                self.lost += 1

    def _write(self, line: str) -> None:
        try:
            self._stream.write(f"{line}\n")
        except UnicodeEncodeError:
            self._stream.write(f"{line.encode('ascii', 'backslashreplace').decode()}\n")


class NamedSink:
    """What structlog takes for the logger underneath: a name, and a method for each level."""

    def __init__(self, name: str, sink: Sink) -> None:
        self.name = name
        self.debug = self.info = self.warning = self.error = self.critical = sink.write
