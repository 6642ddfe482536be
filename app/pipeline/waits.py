"""Where a message waits that may not go now: in its place in the pool, or in a retry tier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Self

from app.domain.job import Hop
from app.pool import Postpone

if TYPE_CHECKING:
    from app.domain.clock import WallClock
    from app.domain.job import MailJob
    from app.domain.smtp import RelayUnavailable
    from app.pipeline.flights import Flight, Flights
    from app.pipeline.gate import Ready
    from app.pipeline.pacing import Pacing, Permit


_LONGEST_ABSENCE_S: Final = 300.0
"""A relay may be mended before it would be asked again by itself."""


class Turn:
    """A message's right to be sent now; what was not spent is given back at the end of `with`."""

    __slots__ = ("_domains", "_service")

    def __init__(self, service: Permit | None = None, domains: Permit | None = None) -> None:
        self._service = service
        self._domains = domains

    def spend(self) -> None:
        """It was offered to a relay."""
        self._service = self._domains = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for permit in (self._service, self._domains):
            if permit is not None:
                permit.give_back()


class Waits:
    """Asked before a message is composed, and when no relay can be had for it.

    While other mail flows, at most `room` messages wait in the pool for what concerns only them -
    their recipients' domain, the one relay that serves them - so that these never fill it. The
    others go to a retry tier, which counts as no attempt; for a relay, for `tier_s` at least.
    """

    def __init__(
        self,
        pacing: Pacing,
        relays: Ready,
        flights: Flights,
        *,
        room: int,
        tier_s: float,
        clock: WallClock,
    ) -> None:
        self._pacing = pacing
        self._relays = relays
        self.flights = flights
        self._room = max(1, room)
        self._tier_s = tier_s
        self._clock = clock

    def turn(self, job: MailJob, flight: Flight) -> Turn | Hop:
        """The message's turn, or the `Hop` that it has to make; raises `Postpone` for a short wait.

        Nothing may be awaited between the pool's gate and this: the gate lets a worker start for
        each message that the service's rate allows.
        """
        waited_for = self.flights.rejoin(flight)
        if self._pacing.free:
            return Turn(None, waited_for)
        service = self._pacing.start()
        try:
            permit = waited_for or self._for_domains(job, flight)
        except Postpone:
            service.give_back()
            raise
        if isinstance(permit, Hop):
            service.give_back()
            return permit
        return Turn(service, permit)

    def for_relay(
        self, job: MailJob, flight: Flight, trouble: RelayUnavailable, ready_in: float
    ) -> Hop:
        """No relay can be had for this message before `ready_in` seconds.

        Raises `Postpone` where there is room.
        """
        if self._relays.ready_in() == 0:
            if not self._has_room():
                wait = min(ready_in, _LONGEST_ABSENCE_S)
                return self._hop(job, max(wait, trouble.retry_in, self._tier_s))
            self.flights.set_apart(flight)
        raise Postpone(trouble.retry_in) from trouble

    def _for_domains(self, job: MailJob, flight: Flight) -> Permit | Hop:
        found = self._pacing.ask(
            {recipient.domain for recipient in job.recipients},
            room=self._has_room(),
            returned=job.trail.not_before_ms is not None,
        )
        if isinstance(found, float):
            return self._hop(job, found)
        if found.wait_s > 0:
            self.flights.set_apart(flight, found)
            raise Postpone(found.wait_s)
        return found

    def _has_room(self) -> bool:
        return self.flights.apart < self._room

    def _hop(self, job: MailJob, seconds: float) -> Hop:
        due_ms = self._clock() + round(seconds * 1000)
        return Hop(job.claim, job.record, job.trail, job.message, due_ms)
