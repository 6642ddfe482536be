"""The partitions that one consumer holds, from being assigned to being given back. No I/O."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from app.intake.assigned import Assigned

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.domain.record import Partition
    from app.intake.ledger import Ledger, PartitionLedger
    from app.intake.resume import Plan


class Moved(StrEnum):
    """Where a position that Kafka called out of range lies."""

    BEFORE = "before"
    """Retention took what was to be read next."""
    WITHIN = "within"
    """A broker that just took over had shown an old end of the log."""
    BEYOND = "beyond"
    """The log was cut or created anew."""


class Holdings:
    """The states of one assignment; what waited for Kafka finds out here whether it still counts.

    Each `Assigned` belongs to one assignment: the same partition given anew has another.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.states: dict[Partition, Assigned] = {}
        self.draining = False
        self._ledger = ledger

    def assigned(self, partitions: Iterable[Partition]) -> None:
        """Nothing of them is handed out before they are resumed."""
        self.drop_all()
        self.states = {partition: Assigned(partition) for partition in sorted(partitions)}
        self.draining = False

    def holds(self, state: Assigned) -> bool:
        """Whether records of this state may be handed out."""
        return not self.draining and self.states.get(state.partition) is state

    def owned(self) -> Iterable[Partition]:
        """Those that were resumed."""
        return (part for part, state in self.states.items() if state.ledger is not None)

    def ledgers(self) -> list[PartitionLedger]:
        return [state.ledger for state in self.states.values() if state.ledger is not None]

    def begin(self, state: Assigned, found: Plan) -> bool:
        """Go on as the checkpoint says; False when the state is held no more, or has begun."""
        if state.ledger is not None or not self.holds(state):
            return False
        state.ledger = self._ledger.assign(state.partition, found.position, found.unsettled)
        state.replay.extend(found.unsettled)
        return True

    def begin_anew(self, state: Assigned) -> None:
        """Its checkpoint has to be read again; the epoch ends."""
        self._ledger.drop(state.partition)
        self.states[state.partition] = Assigned(state.partition)

    def drop_all(self) -> None:
        """Every epoch ends."""
        for partition in self.states:
            self._ledger.drop(partition)
        self.states = {}


def moved(state: Assigned, first: int, end: int) -> Moved:
    """`first` and `end` are the log's, as `state` has to be read on in it."""
    wanted = state.next_wanted()
    if wanted < first:
        return Moved.BEFORE
    return Moved.WITHIN if wanted <= end else Moved.BEYOND
