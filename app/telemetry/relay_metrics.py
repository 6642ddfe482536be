"""What happens between us and the relays, as metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.telemetry.metrics import relay

if TYPE_CHECKING:
    from app.telemetry.metrics import Histogram, Metrics, Spread


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
        self._phases = _Phases(metrics.phases, name)

    def phase(self, phase: str, seconds: float) -> None:
        self._phases[phase].observe(seconds)

    def opened(self, *, tls: bool) -> None:
        self._opened.add()
        if tls:
            self._handshakes.add()

    def refused(self, *, auth: bool) -> None:
        (self._auth if auth else self._connection).add()


class _Phases(dict[str, "Spread"]):
    def __init__(self, histogram: Histogram, name: str) -> None:
        super().__init__()
        self._histogram = histogram
        self._name = name

    def __missing__(self, phase: str) -> Spread:
        found = self[phase] = self._histogram.of(self._name, phase)
        return found
