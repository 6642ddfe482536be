"""Trouble that is logged again and again: said at once, then summed up."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Final

from app.telemetry.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_OURS: Final = "app"
# At each attempt, whatever the level.
_CHATTY: Final = ("aiokafka",)
_REMEMBERED: Final = 500
_FIRST_S: Final = 10.0
# Their lines are details of what the service says itself.
_FIRST_OF_LIBRARIES_S: Final = 60.0


class Bursts:
    """Says which records to write, in place of each that was logged.

    The first of a kind is written at once. Those that follow are counted, and stand in one line
    at the end of an interval: the last of them, with `repeated`, how many they were. Intervals
    grow to five minutes while it goes on. Warnings and errors of ours are of a kind when they say
    the same, and those with a traceback when it is raised at the same place.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._kinds: dict[tuple[object, ...], _Kind] = {}

    def written_for(self, record: logging.LogRecord) -> Iterator[logging.LogRecord]:
        """In their order; nothing where it is only counted."""
        key = _key(record)
        if key is None:
            yield record
            return
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= _REMEMBERED:
                yield from self.summed_up(everything=True)
                self._kinds.clear()
            kind = self._kinds[key] = _Kind(record, self._clock)
        before = kind.throttle.silenced
        if kind.throttle.due():
            yield _repeated(record, before + 1) if before else record
        else:
            kind.last = _without_traceback(record)

    def summed_up(self, *, everything: bool = False) -> Iterator[logging.LogRecord]:
        """What is to be told now of what was counted; `everything`: before its time, too."""
        for kind in tuple(self._kinds.values()):
            if count := kind.throttle.summed_up(early=everything):
                yield _repeated(kind.last, count)


class _Kind:
    __slots__ = ("last", "throttle")

    def __init__(self, record: logging.LogRecord, clock: Callable[[], float]) -> None:
        ours = record.name.partition(".")[0] == _OURS
        self.throttle = Throttle(clock, first=_FIRST_S if ours else _FIRST_OF_LIBRARIES_S)
        self.last = _without_traceback(record)


def _key(record: logging.LogRecord) -> tuple[object, ...] | None:
    """What makes two records of a kind; None for one that is always written."""
    library = record.name.partition(".")[0]
    if library in _CHATTY:
        return (record.name, str(record.msg))
    if record.levelno not in {logging.WARNING, logging.ERROR}:
        return None
    if record.exc_info and record.exc_info[1] is not None:
        return (record.name, str(record.msg), type(record.exc_info[1]), _place(record.exc_info[1]))
    try:
        return (record.name, record.levelno, record.getMessage())
    except Exception:  # noqa: BLE001 - arguments that do not fit
        return (record.name, record.levelno, str(record.msg))


def _place(error: BaseException) -> tuple[str, int] | None:
    place, entry = None, error.__traceback__
    while entry is not None:
        place = (entry.tb_frame.f_code.co_filename, entry.tb_lineno)
        entry = entry.tb_next
    return place


def _without_traceback(record: logging.LogRecord) -> logging.LogRecord:
    """The first of its kind had it; what is kept holds on to no message."""
    kept = copy.copy(record)
    kept.exc_info = kept.exc_text = None
    if kept.args:
        try:
            kept.msg, kept.args = record.getMessage(), None
        except Exception:  # noqa: BLE001 - arguments that do not fit
            kept.args = None
    return kept


def _repeated(record: logging.LogRecord, count: int) -> logging.LogRecord:
    copied = copy.copy(record)
    copied.__dict__["repeated"] = count
    return copied
