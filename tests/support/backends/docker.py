"""Kafka in a container, by testcontainers."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from tests.support.backends.backend import Broker, NotAvailable

IMAGE = "confluentinc/cp-kafka:7.9.1"
SOCKETS = (
    Path("/var/run/docker.sock"),
    Path.home() / ".docker/run/docker.sock",
    Path.home() / ".docker/desktop/docker.sock",
)


class Docker:
    def __init__(self) -> None:
        self._container: Any = None

    def describe(self) -> str:
        if not os.environ.get("DOCKER_HOST") and not any(path.exists() for path in SOCKETS):
            raise NotAvailable("no Docker engine here")
        from testcontainers.core.docker_client import (  # noqa: PLC0415 - takes a third of a second
            DockerClient,
        )

        try:
            DockerClient(timeout=5).client.ping()
        except Exception as error:
            raise NotAvailable(f"the Docker engine does not answer: {error}") from error
        return f"{IMAGE} by Docker"

    def start(self, folder: Path) -> Broker:
        began = time.monotonic()
        name = self.describe()
        from testcontainers.community.kafka import KafkaContainer  # noqa: PLC0415 - as above

        container = KafkaContainer(IMAGE).with_kraft()
        container.with_env("KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR", "1")
        container.with_env("KAFKA_TRANSACTION_STATE_LOG_MIN_ISR", "1")
        self._container = container
        try:
            container.start(timeout=60)
        except Exception as error:
            self.stop()
            raise NotAvailable(f"{name} did not start: {error}") from error
        brokers = container.get_bootstrap_server()
        return Broker(brokers, name, is_apache=True, ready_s=time.monotonic() - began)

    def stop(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.stop()
