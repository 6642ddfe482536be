"""Whether work may start now: the pool's gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

LOOK_AGAIN_S = 0.25


class Ready(Protocol):
    def ready_in(self) -> float:
        """Seconds until work may start, 0 for now."""
        ...


class Gate:
    """Open while all of `needed` are ready - a relay, the service's rate - and checkpoints fresh.

    A checkpoint that is overdue means that Kafka may have given the partitions to somebody else;
    what is sent then may be sent twice.
    """

    def __init__(self, *needed: Ready) -> None:
        self._needed = tuple([each.ready_in for each in needed])
        self._overdue: list[Callable[[], bool]] = []

    def watch(self, overdue: Callable[[], bool]) -> None:
        """Close while this says so."""
        self._overdue.append(overdue)

    def ready_in(self) -> float:
        """Seconds until work may start; 0 is now."""
        for overdue in self._overdue:
            if overdue():
                return LOOK_AGAIN_S
        longest = 0.0
        for ready_in in self._needed:
            if (wait := ready_in()) > longest:
                longest = wait
        return longest
