"""What every rung of the ladder offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path


class NotAvailable(Exception):
    """This rung does not hold here; the text says why."""


@dataclass(frozen=True, slots=True)
class Broker:
    """A running Kafka. `brokers` as for `KAFKA_BROKERS`; `is_apache` false for look-alikes."""

    brokers: str
    name: str
    is_apache: bool
    ready_s: float = 0.0
    log: Path | None = None


class Backend(Protocol):
    """One way to get a Kafka."""

    def describe(self) -> str:
        """What would be started, cheaply found out; raises NotAvailable."""
        ...

    def start(self, folder: Path) -> Broker:
        """Start it and wait until it answers; logs go to `folder`. Raises NotAvailable."""
        ...

    def stop(self) -> None:
        """End it; harmless when it was never started."""
        ...
