"""The messages inside the pool, by the claim they were taken up under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.domain.claim import Claim
    from app.pool import Ticket


@dataclass(slots=True, eq=False)
class Flight:
    """One message; `limited`: postponed once because a relay limited itself."""

    ticket: Ticket[Any] | None = None
    running: bool = False
    limited: bool = False


class Flights:
    """From being submitted to having an outcome."""

    def __init__(self) -> None:
        self._flights: dict[Claim, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def begin(self, claim: Claim, ticket: Ticket[Any]) -> None:
        self._flights[claim] = Flight(ticket)

    def of(self, claim: Claim) -> Flight:
        return self._flights.setdefault(claim, Flight())

    def end(self, claim: Claim) -> None:
        """The message has an outcome."""
        self._flights.pop(claim, None)

    def cancel(self, epochs: frozenset[int], *, running: bool) -> int:
        """Cancel those of these assignments that run, or those that do not; how many."""
        meant = [
            flight.ticket
            for claim, flight in self._flights.items()
            if claim.epoch in epochs and flight.running is running and flight.ticket is not None
        ]
        return sum(ticket.cancel() for ticket in meant)
