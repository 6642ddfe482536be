"""Brokers that somebody else runs."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.support.backends.backend import Broker, NotAvailable
from tests.support.ports import answers

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE = "TEST_KAFKA_BROKERS"


class Given:
    def describe(self) -> str:
        return f"given brokers {self._brokers()}"

    def start(self, folder: Path) -> Broker:
        brokers = self._brokers()
        for broker in brokers.split(","):
            host, _, port = broker.strip().rpartition(":")
            if not (host and port.isdecimal()):
                raise NotAvailable(f"{VARIABLE}: {broker!r} is not host:port")
            if answers(int(port), host.strip("[]")):
                return Broker(brokers, f"given brokers {brokers}", is_apache=True)
        raise NotAvailable(f"{VARIABLE}: none of {brokers} accepts a connection")

    def stop(self) -> None:
        """They are not ours to stop."""

    @staticmethod
    def _brokers() -> str:
        if brokers := os.environ.get(VARIABLE, "").strip():
            return brokers
        raise NotAvailable(f"{VARIABLE} is not set")
