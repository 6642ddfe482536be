"""The relays as the rest of the service sees them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from app.domain.smtp import NoRelay
from app.flow import Clock, SystemClock
from app.relay.choice import Ask, Choice
from app.relay.config import BreakerConfig, RelayConfig
from app.relay.offering import Offering, send_to
from app.relay.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.domain.outcome import ErrorKind
    from app.domain.smtp import Composed, SendReport
    from app.flow import SharedRate
    from app.relay.observer import Observers
    from app.relay.state import RelayState


class Relays:
    """Chooses a relay for each message and sends it there; see `Choice` for the order.

    A level of the order is passed over while none of its relays is healthy. One that merely has
    to wait a moment, for its rate or a short rest, is waited for.
    """

    def __init__(
        self,
        configs: Sequence[RelayConfig],
        *,
        breaker: BreakerConfig | None = None,
        clock: Clock | None = None,
        observers: Observers | None = None,
    ) -> None:
        if not configs:
            raise ValueError("no relay is configured; allowed: 1 or more")
        names = [config.name for config in configs]
        if len(set(names)) < len(names):
            raise ValueError(f"relays of the same name: {', '.join(names)}")
        clock = clock or SystemClock()
        self._relays = {
            config.name: Relay(
                config,
                breaker or BreakerConfig(),
                clock,
                None if observers is None else observers(config.name),
            )
            for config in configs
        }
        self._choice = Choice(configs)
        self._groups = tuple(self._grouped(configs))
        self._only = self._serving_all(configs)

    async def start(self) -> None:
        """Prepare; connections are opened when there is something to send.

        Raises:
            Fatal: a certificate or key file cannot be used.
        """
        for relay in self._relays.values():
            await relay.start()

    async def close(self) -> None:
        """Close all connections, politely those not in use; a few seconds at most."""
        await asyncio.gather(*(relay.close() for relay in self._relays.values()))

    def ready_in(self) -> float:
        """Seconds until some relay may be asked, 0 for now: the pool's gate."""
        if len(self._groups) == 1:
            return self._wait(self._groups[0])
        return min(map(self._wait, self._groups))

    def ready_in_for(
        self,
        *,
        type: str | None,  # noqa: A002 - the message's field
        sender_domain: str | None,
    ) -> float:
        """Seconds until a relay that serves such a message may be asked, 0 for now or for none."""
        levels = self._choice.levels(_ask(type, sender_domain))
        return self._wait([self._named_all(level) for level in levels]) if levels else 0.0

    async def send(
        self,
        composed: Composed,
        *,
        type: str | None = None,  # noqa: A002 - the message's field
        sender_domain: str | None = None,
    ) -> SendReport:
        """Put a message to a relay; the report has one reply for each recipient, in their order.

        A relay that cannot be reached, does not take such a message, or is lost with the message's
        last octet unwritten and nothing answered, is followed by the next at once; each is asked
        once at most. A message of which anything was answered or handed over is offered nowhere
        else.

        A reply of None is loss or time-out; its phase says on which side of the last octet.
        Cancelled before the last octet is written, the connection is dropped; afterwards the
        cancellation is swallowed and the final reply waited for, `Timeouts.dot` at most.

        Raises:
            RelayUnavailable: trouble before MAIL, or cancelled there; nothing was attempted.
            NoRelay: none is configured for such a message.
            CancelledError: cancelled between MAIL and the last octet.
            ValueError: an envelope address that cannot stand in a command.
        """
        if self._only is not None:
            return await send_to(self._only, composed)
        ask = _ask(type, sender_domain)
        levels = [self._named_all(level) for level in self._choice.levels(ask)]
        if not levels:
            raise NoRelay(ask.type, ask.sender_domain)
        return await Offering(levels, self._pick).run(composed)

    def feedback(
        self,
        relay_name: str,
        kind: ErrorKind | None,
        *,
        delay_s: float | None = None,
        again: bool = False,
        connections: bool = False,
    ) -> None:
        """How the replies were judged: RELAY_AUTH opens the breaker, RATE_LIMITED limits.

        `delay_s` is the wait that the relay stated, at most an hour; `again` when it limited this
        message before; `connections` when there are too many of them, which lowers their number
        and nothing else. Other kinds change nothing.
        """
        self._named(relay_name).feedback(kind, delay_s, again=again, connections=connections)

    def accepted_lately(self, relay_name: str) -> bool:
        """Whether it took a message in the last minute."""
        return self._named(relay_name).accepted_lately()

    def pause(self, relay_name: str) -> None:
        """Give this relay no more messages until `resume`; those under way end."""
        self._named(relay_name).pause()

    def resume(self, relay_name: str) -> None:
        """Undo `pause`."""
        self._named(relay_name).resume()

    def reset(self, relay_name: str) -> None:
        """Close this relay's breaker and end its rest: it may be asked now."""
        self._named(relay_name).reset()

    def configure(self, breaker: BreakerConfig) -> None:
        """Thresholds of every relay's breaker from now on."""
        for relay in self._relays.values():
            relay.configure(breaker)

    def log_in_as(self, configs: Iterable[RelayConfig]) -> None:
        """Take these relays' logins for connections to come."""
        for config in configs:
            if (relay := self._relays.get(config.name)) is not None:
                relay.log_in_as(config)

    async def reread_certificates(self) -> None:
        """Those files of every relay, for connections to come; never raises."""
        for relay in self._relays.values():
            await relay.reread_certificates()

    def configured_rates(self) -> dict[str, SharedRate]:
        """By relay, of those that have one; for whoever keeps them with other instances."""
        return {
            name: rate
            for name, relay in self._relays.items()
            if (rate := relay.configured_rate) is not None
        }

    def states(self) -> tuple[RelayState, ...]:
        return tuple(relay.state() for relay in self._relays.values())

    def _serving_all(self, configs: Sequence[RelayConfig]) -> Relay | None:
        """The only relay, unless it wants some messages only: there is nothing to choose then."""
        first, *others = configs
        return None if others or first.types or first.senders else self._relays[first.name]

    def _pick(self, among: Sequence[Relay]) -> Relay:
        return self._relays[self._choice.pick([each.name for each in among])]

    def _wait(self, levels: Sequence[Sequence[Relay]]) -> float:
        """Seconds until the best level that is healthy, or any when none is, may be asked."""
        if len(levels) == 1 and len(levels[0]) == 1:
            return levels[0][0].ready_in()
        for level in levels:
            waits = [relay.ready_in() for relay in level if relay.healthy]
            if waits:
                return min(waits)
        return min(relay.ready_in() for level in levels for relay in level)

    def _grouped(self, configs: Iterable[RelayConfig]) -> Iterable[Sequence[Sequence[Relay]]]:
        """The levels of those that serve the same messages."""
        groups: defaultdict[tuple[frozenset[str], frozenset[str]], list[RelayConfig]]
        groups = defaultdict(list)
        for config in configs:
            groups[config.types, config.senders].append(config)
        for group in groups.values():
            ordered = sorted(group, key=_priority)
            yield [
                self._named_all(each.name for each in level)
                for _, level in groupby(ordered, key=_priority)
            ]

    def _named_all(self, names: Iterable[str]) -> list[Relay]:
        return [self._relays[name] for name in names]

    def _named(self, name: str) -> Relay:
        try:
            return self._relays[name]
        except KeyError:
            known = ", ".join(map(repr, self._relays))
            raise KeyError(f"no relay {name!r}; there is {known}") from None


def _ask(type_: str | None, sender_domain: str | None) -> Ask:
    return Ask(type_, sender_domain.lower() if sender_domain else None)


def _priority(config: RelayConfig) -> int:
    return config.priority
