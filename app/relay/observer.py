"""Who may look on at what happens between us and the relays, and what they hear."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.smtp import Phase


class RelayObserver(Protocol):
    """Hears of one relay, in strings and numbers; called on the event loop, must not wait."""

    def phases(self, begun: Sequence[tuple[str, float]], ended: float) -> None:
        """A connection was opened, or one message sent: when each phase of that began.

        Times are those of the monotonic clock, in order; `ended` is the end of the last.
        """
        ...

    def opened(self, *, tls: bool) -> None:
        """A connection may be used: it has passed EHLO, TLS and AUTH."""
        ...

    def refused(self, *, auth: bool) -> None:
        """A connection could not be opened, or the relay does not accept us (`auth`)."""
        ...


Observers = Callable[[str], RelayObserver]
"""Gives the observer of the relay of that name."""


class Laps:
    """Times phases that follow each other, for an observer that hears of all at their end."""

    __slots__ = ("_begun", "_observer")

    def __init__(self, phase: Phase, observer: RelayObserver) -> None:
        self._observer = observer
        self._begun: list[tuple[str, float]] = [(phase, time.monotonic())]

    def enter(self, phase: Phase) -> None:
        """The phase that was is over, and this one begins."""
        self._begun.append((phase, time.monotonic()))

    def end(self) -> None:
        """The last phase is over."""
        self._observer.phases(self._begun, time.monotonic())
