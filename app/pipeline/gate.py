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
        self._needed = needed
        self._overdue: list[Callable[[], bool]] = []

    def watch(self, overdue: Callable[[], bool]) -> None:
        """Close while this says so."""
        self._overdue.append(overdue)

    def ready_in(self) -> float:
        """Seconds until work may start; 0 is now."""
        if any(overdue() for overdue in self._overdue):
            return LOOK_AGAIN_S
        return max(each.ready_in() for each in self._needed)
