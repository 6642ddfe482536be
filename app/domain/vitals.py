"""How a long-running loop shows that it lives."""

from __future__ import annotations

from typing import Protocol


class Vitals(Protocol):
    """One loop's line to the watchdog and to health."""

    def beat(self) -> None:
        """The loop turned, and is at work until it says otherwise."""
        ...

    def rest(self) -> None:
        """The loop waits for others - Kafka, a relay, room - for as long as it takes."""
        ...

    def trouble(self, reason: str | None) -> None:
        """What keeps the loop from its work; None when it works again."""
        ...
