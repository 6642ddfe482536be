"""Services of one test: all on its topics, each in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.ports import free_port
from tests.support.service import Service
from tests.support.topics import Topics

if TYPE_CHECKING:
    from pathlib import Path


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


def without_servers(folder: Path, **env: str) -> Service:
    """Neither a Kafka nor a relay is where this one looks for them."""
    brokers = f"127.0.0.1:{free_port()}"
    return Services(folder, brokers, Topics.unique()).to(free_port(), **env)
