"""Trouble that is logged again and again is said at once, and then summed up."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.telemetry import AddressView
from app.telemetry.libraries import LibraryHandler
from app.telemetry.rendering import foreign_formatter, last_steps
from app.telemetry.scrubbing import Scrubber
from app.telemetry.sink import Sink
from tests.unit.telemetry.capture import Captured

if TYPE_CHECKING:
    from collections.abc import Iterator


class Log:
    """One logger of the service in front of the handler, with a clock to be set."""

    def __init__(self, name: str) -> None:
        self.now = 0.0
        self.stream = Captured()
        steps = last_steps(Scrubber(AddressView()), console=False, colors=False)
        self.handler = LibraryHandler(Sink(self.stream), foreign_formatter(steps), self._time)
        self.logger = logging.getLogger(name)

    def _time(self) -> float:
        return self.now

    @property
    def said(self) -> list[tuple[str, int | None]]:
        return [(event["event"], event.get("repeated")) for event in self.stream.events]


@contextmanager
def listening(name: str = "app.test") -> Iterator[Log]:
    log = Log(name)
    log.logger.addHandler(log.handler)
    log.logger.propagate = False
    log.logger.setLevel(logging.INFO)
    try:
        yield log
    finally:
        log.logger.removeHandler(log.handler)
        log.logger.propagate = True


def fail(log: Log, words: str) -> None:
    try:
        int(words)
    except ValueError:
        log.logger.exception("it failed at %s", words)


def test_a_burst_is_one_line_at_once_and_one_with_the_count_after_the_interval() -> None:
    with listening() as log:
        for _ in range(1_000):
            log.logger.warning("relay %s: refused", "a")
        log.handler.sum_up()
        assert log.said == [("relay a: refused", None)]
        log.now = 10.0
        log.handler.sum_up()
        log.handler.sum_up()

        assert log.said == [("relay a: refused", None), ("relay a: refused", 999)]


def test_while_it_goes_on_the_counts_come_at_growing_intervals() -> None:
    with listening() as log:
        for second in range(75):
            log.now = float(second)
            log.logger.error("away")
            log.handler.sum_up()

        assert log.said == [("away", None), ("away", 10), ("away", 20), ("away", 40)]


def test_what_says_something_else_is_said() -> None:
    with listening() as log:
        for relay in "abab":
            log.logger.warning("relay %s: refused", relay)
        log.logger.info("relay a: refused")
        log.logger.info("relay a: refused")

        assert [said for said, _ in log.said] == [
            *("relay a: refused", "relay b: refused"),
            *("relay a: refused", "relay a: refused"),
        ]


def test_one_exception_s_place_is_one_burst_whatever_the_words() -> None:
    with listening() as log:
        for number in range(5):
            fail(log, f"record {number}")
        log.now = 10.0
        log.handler.sum_up()

        assert log.said == [("it failed at record 0", None), ("it failed at record 4", 4)]
        first, summed_up = log.stream.events
        assert "'record 0'" in first["exception"]
        assert "exception" not in summed_up


def test_no_count_is_lost_at_the_end_nor_when_there_are_too_many_kinds() -> None:
    with listening() as log:
        for _ in range(3):
            log.logger.error("away")
        for number in range(600):
            log.logger.error("thing %d", number)
        assert ("away", 2) in log.said
        log.logger.error("thing 599")
        log.handler.close()

        assert log.said[-1] == ("thing 599", 1)


def test_critical_lines_are_never_held_back() -> None:
    with listening() as log:
        for _ in range(3):
            log.logger.critical("ending")

        assert len(log.said) == 3
