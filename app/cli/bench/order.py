"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# So many seconds of each part are enough for figures that repeat, and few enough to wait for.
SECONDS: Final = 5.0
MAILS: Final = 50_000
# Somebody else's server and somebody's mailbox.
MAILS_TO_RELAY: Final = 500
MOST_RATE: Final = 100.0
# The topic's partitions, where there is no queue to be like.
PARTITIONS: Final = 6


@dataclass(frozen=True, slots=True)
class Order:
    """`mails` at most, each measured part `seconds` long at most.

    `rate` a second for the latency, None for one that suits; `recipients` empty for made-up ones;
    `document` is what each mail is made of, None for the one of our own. `relay_…` is of the sink.
    """

    mails: int = MAILS
    seconds: float = SECONDS
    rate: float | None = None
    partitions: int | None = None
    recipients: tuple[str, ...] = ()
    to_relay: bool = False
    embedded: bool = False
    relay_delay_s: float = 0.0
    relay_tls: bool = False
    document: Mapping[str, object] | None = None
