"""Metrics of the relays."""

from __future__ import annotations

from typing import Final

from app.telemetry.metrics.definition import counter, gauge, histogram

# From a local relay's reply to RFC 5321's ten minutes for the last.
PHASE_BUCKETS: Final = (
    *(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
    *(10.0, 30.0, 60.0, 300.0, 600.0),
)

STATUS: Final = gauge(
    "relay_status",
    "1 for the status that the relay is in, 0 for the others; closed is the breaker's, and well",
    *("relay", "status"),
)
CONNECTIONS: Final = gauge("relay_connections", "Connections to the relay", "relay")
BUSY: Final = gauge("relay_connections_busy", "Of these, those that have a message", "relay")
MOST: Final = gauge(
    "relay_connections_most", "Connections allowed now; fewer once it found them too many", "relay"
)
WAITING: Final = gauge("relay_waiting", "Messages that wait for a connection", "relay")
LIMIT: Final = gauge(
    "relay_limit",
    "Messages a second that it may be given now: what is configured, or less where it refuses; "
    "nothing where there is no limit",
    "relay",
)
SENT: Final = counter("relay_sent", "Messages that the relay took, at least in part", "relay")
REFUSED: Final = counter("relay_refused", "Messages that it answered otherwise", "relay")
LIMITED: Final = counter(
    "relay_limited", "Of these, those that it refused because it limits itself", "relay"
)
OPENED: Final = counter(
    "relay_connections_opened", "Connections that passed EHLO, TLS and AUTH", "relay"
)
HANDSHAKES: Final = counter("relay_tls_handshakes", "Of these, those with TLS", "relay")
TROUBLE: Final = counter(
    "relay_trouble",
    "Connections that could not be opened, and mail that was refused because of who we are; reason "
    "is auth where credentials or permission lack, else connection",
    *("relay", "reason"),
)
PHASES: Final = histogram(
    "relay_phase_seconds",
    "Each phase of opening a connection and of sending a message; data to final are the message's",
    PHASE_BUCKETS,
    *("relay", "phase"),
)

RELAY: Final = (
    *(STATUS, SENT, REFUSED, LIMITED, LIMIT, CONNECTIONS, BUSY, MOST, WAITING),
    *(OPENED, HANDSHAKES, TROUBLE, PHASES),
)
