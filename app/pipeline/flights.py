"""The messages inside the pool, by the claim they were taken up under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.domain.claim import Claim
    from app.pipeline.pacing import Permit
    from app.pool import Ticket


@dataclass(slots=True, eq=False)
class Flight:
    """One message; `limited`: postponed once because a relay limited itself.

    `apart`: it waits for what others need not wait for, such as its domain's rate, for which it
    then has the `permit`.
    """

    ticket: Ticket[Any] | None = None
    running: bool = False
    limited: bool = False
    apart: bool = False
    permit: Permit | None = None


class Flights:
    """From being submitted to having an outcome."""

    def __init__(self) -> None:
        self._flights: dict[Claim, Flight] = {}
        self.apart = 0  # how many wait for what others need not wait for

    def __len__(self) -> int:
        return len(self._flights)

    def begin(self, claim: Claim, ticket: Ticket[Any]) -> None:
        self._flights[claim] = Flight(ticket)

    def of(self, claim: Claim) -> Flight:
        return self._flights.setdefault(claim, Flight())

    def set_apart(self, flight: Flight, permit: Permit | None = None) -> None:
        """It waits while others go on."""
        flight.apart = True
        flight.permit = permit
        self.apart += 1

    def rejoin(self, flight: Flight) -> Permit | None:
        """Its wait is over; the permit that it waited for, if any."""
        self.apart -= flight.apart
        flight.apart = False
        permit, flight.permit = flight.permit, None
        return permit

    def end(self, claim: Claim) -> None:
        """The message has an outcome."""
        flight = self._flights.pop(claim, None)
        if flight is not None and (permit := self.rejoin(flight)) is not None:
            permit.give_back()

    def cancel(self, epochs: frozenset[int], *, running: bool) -> int:
        """Cancel those of these assignments that run, or those that do not; how many."""
        meant = [
            flight.ticket
            for claim, flight in self._flights.items()
            if claim.epoch in epochs and flight.running is running and flight.ticket is not None
        ]
        return sum(ticket.cancel() for ticket in meant)
