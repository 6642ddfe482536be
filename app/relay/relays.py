"""The relays as the rest of the service sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.flow import Clock, SystemClock
from app.relay.config import BreakerConfig, RelayConfig
from app.relay.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.outcome import ErrorKind
    from app.domain.smtp import Composed, SendReport
    from app.relay.state import RelayState


class Relays:
    """Chooses a relay for each message and sends it there."""

    def __init__(
        self,
        configs: Sequence[RelayConfig],
        *,
        breaker: BreakerConfig | None = None,
        clock: Clock | None = None,
    ) -> None:
        if len(configs) != 1:
            raise ValueError(f"{len(configs)} relays are configured; allowed: exactly 1")
        self._relay = Relay(configs[0], breaker or BreakerConfig(), clock or SystemClock())

    async def start(self) -> None:
        """Prepare; connections are opened when there is something to send.

        Raises:
            Fatal: a certificate or key file cannot be used.
        """
        await self._relay.start()

    async def close(self) -> None:
        """Close all connections, politely those not in use; a few seconds at most."""
        await self._relay.close()

    def ready_in(self) -> float:
        """Seconds until some relay may be asked, 0 for now: the pool's gate."""
        return self._relay.ready_in()

    async def send(
        self,
        composed: Composed,
        *,
        type: str | None = None,  # noqa: A002, ARG002 - the message's field; it restricts the choice
        sender_domain: str | None = None,  # noqa: ARG002 - restricts the choice among several
    ) -> SendReport:
        """Put a message to a relay; the report has one reply for each recipient, in their order.

        A reply of None is loss or time-out; its phase says on which side of the last octet.
        Cancelled before the last octet is written, the connection is dropped; afterwards the
        cancellation is swallowed and the final reply waited for, `Timeouts.dot` at most.

        Raises:
            RelayUnavailable: trouble before MAIL, or cancelled there; nothing was attempted.
            CancelledError: cancelled between MAIL and the last octet.
            ValueError: an envelope address that cannot stand in a command.
        """
        return await self._relay.send(composed)

    def feedback(
        self, relay_name: str, kind: ErrorKind | None, *, delay_s: float | None = None
    ) -> None:
        """How the replies were judged: RELAY_AUTH opens the breaker, RATE_LIMITED gives a rest.

        `delay_s` is the wait that the relay stated, at most an hour. Other kinds change nothing.
        """
        self._named(relay_name).feedback(kind, delay_s)

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
        self._relay.configure(breaker)

    def states(self) -> tuple[RelayState, ...]:
        return (self._relay.state(),)

    def _named(self, name: str) -> Relay:
        if name != self._relay.name:
            raise KeyError(f"no relay {name!r}; there is {self._relay.name!r}")
        return self._relay
