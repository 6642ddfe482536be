"""Services of one test: all on its topics, each in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.service import Service

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.topics import Topics


@dataclass(frozen=True, slots=True)
class Services:
    """`services.to(relay.port, RETRY_DELAYS="1s")` makes a `Service`; entering it starts it."""

    folder: Path
    brokers: str
    topics: Topics

    def to(self, smtp_port: int, *, name: str = "", **env: str) -> Service:
        """In front of this relay, with these settings; one of several has a `name`."""
        return Service.on(
            self.folder / name,
            brokers=self.brokers,
            topics=self.topics,
            smtp_port=smtp_port,
            env=env,
        )
