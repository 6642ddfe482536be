"""Whether work may start now: the pool's gate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOOK_AGAIN_S = 0.25


class Relaying(Protocol):
    def ready_in(self) -> float: ...


class Gate:
    """Open while a relay may be asked and the checkpoints are fresh.

    A checkpoint that is overdue means that Kafka may have given the partitions to somebody else;
    what is sent then may be sent twice.
    """

    def __init__(self, relays: Relaying, overdue: Sequence[Callable[[], bool]] = ()) -> None:
        self._relays = relays
        self._overdue = list(overdue)

    def watch(self, overdue: Callable[[], bool]) -> None:
        """Close while this says so."""
        self._overdue.append(overdue)

    def ready_in(self) -> float:
        """Seconds until work may start; 0 is now."""
        if any(overdue() for overdue in self._overdue):
            return LOOK_AGAIN_S
        return self._relays.ready_in()
