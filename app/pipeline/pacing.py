"""Configured rates of the service and of recipient domains: when a message may go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from app.flow import SharedRate, SystemClock, TokenBucket

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from app.flow import Clock

OTHERS: Final = "*"
_DEPTH_S: Final = 0.1
_LONGEST_WAIT_S: Final = 5.0
_LONGEST_HOP_S: Final = 3600.0
_MOST_DOMAINS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Rates:
    """Messages a second: of this service, and by recipient domain (`*` is each other one's own)."""

    service: float | None = None
    domains: Mapping[str, float] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Permit:
    """The right to send one message, in so many seconds; to be given back when it was not sent."""

    buckets: list[TokenBucket]
    wait_s: float = 0.0

    def give_back(self) -> None:
        """Once, however often it is called."""
        for bucket in self.buckets:
            bucket.give_back()
        self.buckets = []


class Pacing:
    """Hands out permits; the one of the service's rate is taken by `start`, at each start.

    Who has to wait for a domain has its place in that domain's line, so that nobody asks in vain.
    Where the wait is above 5 s there is no place: the message should come back later, and is told
    when, each a moment after the one before.
    """

    def __init__(self, rates: Rates, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._rates = rates.domains
        self._service = None if rates.service is None else self._bucket(rates.service)
        self._domains: dict[str, _Domain] = {}

    @property
    def free(self) -> bool:
        """Whether no rate is configured, so that there is nothing to ask for."""
        return self._service is None and not self._rates

    def ready_in(self) -> float:
        """Seconds until the service's rate lets another message start, 0 for now."""
        return self._service.ready_in() if self._service is not None else 0.0

    def start(self) -> Permit:
        """By the service's rate, which the pool's gate keeps; never waits."""
        if self._service is None:
            return Permit([])
        self._service.take()
        return Permit([self._service])

    def ask(
        self, domains: Collection[str], *, room: bool = True, returned: bool = False
    ) -> Permit | float:
        """A permit for these recipient domains, or in how many seconds to ask again.

        `room`: whether one more message may be kept waiting; else only a permit for now is given.
        Who has `returned` from such a wait goes before those that come for the first time.
        """
        if not self._rates:
            return Permit([])
        limited = [found for domain in set(domains) if (found := self._domain(domain))]
        longest = _LONGEST_WAIT_S if room else 0.0
        wait = max((each.bucket.take() for each in limited), default=0.0)
        behind = 0.0 if returned else max((each.line.ready_in() for each in limited), default=0.0)
        permit = Permit([each.bucket for each in limited], wait)
        if wait <= longest and behind <= longest:
            return permit
        permit.give_back()
        return min(_LONGEST_HOP_S, wait + max(each.behind() for each in limited))

    def domain_rates(self) -> dict[str, SharedRate]:
        """By domain, of those that mail was for lately; for whoever keeps them with others."""
        return {name: each.bucket for name, each in self._domains.items() if each.owing}

    def _domain(self, domain: str) -> _Domain | None:
        if (found := self._domains.get(domain)) is not None:
            return found
        rate = self._rates.get(domain, self._rates.get(OTHERS))
        if rate is None:
            return None
        if len(self._domains) >= _MOST_DOMAINS:
            self._domains = {name: each for name, each in self._domains.items() if each.owing}
        made = _Domain(
            SharedRate(rate, _DEPTH_S, clock=self._clock),
            TokenBucket(rate, 1.0, clock=self._clock),
        )
        self._domains[domain] = made
        return made

    def _bucket(self, rate: float) -> TokenBucket:
        return TokenBucket(rate, rate * _DEPTH_S, clock=self._clock)


@dataclass(frozen=True, slots=True)
class _Domain:
    """`bucket` holds the permits; `line` spreads the returns of those that wait elsewhere."""

    bucket: SharedRate
    line: TokenBucket

    def behind(self) -> float:
        """Seconds until all who wait elsewhere were served; the next comes after this one."""
        if self.line.rate != self.bucket.rate:
            self.line.change(self.bucket.rate)
        return self.line.take()

    @property
    def owing(self) -> bool:
        """Whether it says anything: full, it is as good as new."""
        return self.bucket.tokens < self.bucket.burst or self.line.tokens < self.line.burst
