"""What happens between us and the relays, as metrics."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.telemetry.metrics import ByLabel, relay

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.telemetry.metrics import Metrics


class RelayMetrics:
    """Makes an observer for each relay."""

    def __init__(self, metrics: Metrics) -> None:
        self.opened = metrics.counter(relay.OPENED)
        self.handshakes = metrics.counter(relay.HANDSHAKES)
        self.trouble = metrics.counter(relay.TROUBLE)
        self.phases = metrics.histogram(relay.PHASES)

    def of(self, name: str) -> OneRelay:
        """The observer of the relay of that name (`app.relay.observer.RelayObserver`)."""
        return OneRelay(self, name)


class OneRelay:
    """Keeps its series, for some of what it hears comes several times a message."""

    def __init__(self, metrics: RelayMetrics, name: str) -> None:
        self._opened = metrics.opened.of(name)
        self._handshakes = metrics.handshakes.of(name)
        self._auth = metrics.trouble.of(name, "auth")
        self._connection = metrics.trouble.of(name, "connection")
        self._phases = ByLabel(partial(metrics.phases.of, name))

    def phases(self, begun: Sequence[tuple[str, float]], ended: float) -> None:
        for phase, began in reversed(begun):
            self._phases[phase].observe(ended - began)
            ended = began

    def opened(self, *, tls: bool) -> None:
        self._opened.add()
        if tls:
            self._handshakes.add()

    def refused(self, *, auth: bool) -> None:
        (self._auth if auth else self._connection).add()
