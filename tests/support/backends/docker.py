"""Apache Kafka in a container, by testcontainers."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final

from tests.support.backends.backend import Broker, NotAvailable
from tests.support.ports import answers, free_port

IMAGE: Final = "apache/kafka:4.1.1"
SOCKETS: Final = (
    Path("/var/run/docker.sock"),
    Path.home() / ".docker/run/docker.sock",
    Path.home() / ".docker/desktop/docker.sock",
)
INSIDE: Final = "kafka:19092"
READY_S: Final = 60.0

SETTINGS: Final = {
    "CLUSTER_ID": "4L6g3nShT-eMCtK--X86sw",
    "KAFKA_NODE_ID": "1",
    "KAFKA_PROCESS_ROLES": "broker,controller",
    "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:29093",
    "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
    "KAFKA_LISTENERS": "CONTROLLER://:29093,INSIDE://:19092,OUTSIDE://:9092",
    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": (
        "CONTROLLER:PLAINTEXT,INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT"
    ),
    "KAFKA_INTER_BROKER_LISTENER_NAME": "INSIDE",
    "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
    "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
    "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}


def why_no_engine() -> str | None:
    """Why no container can be had here; None when an engine answers."""
    if not os.environ.get("DOCKER_HOST") and not any(path.exists() for path in SOCKETS):
        return "no Docker engine here"
    from testcontainers.core.docker_client import (  # noqa: PLC0415 - takes a third of a second
        DockerClient,
    )

    try:
        DockerClient(timeout=5).client.ping()
    except Exception as error:  # noqa: BLE001 - of several libraries
        return f"the Docker engine does not answer: {error}"
    return None


class Docker:
    """`network`: containers on it reach this Kafka as `INSIDE`."""

    def __init__(self, network: str | None = None) -> None:
        self._network = network
        self._container: Any = None

    def describe(self) -> str:
        if why := why_no_engine():
            raise NotAvailable(why)
        return f"{IMAGE} by Docker"

    def start(self, folder: Path) -> Broker:
        del folder  # the engine keeps the log
        began = time.monotonic()
        name = self.describe()
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - as above

        # Kafka tells its clients where it is, so the port must be known before it starts.
        port = free_port()
        container = DockerContainer(IMAGE).with_bind_ports("9092/tcp", port).with_envs(**SETTINGS)
        container.with_env(
            "KAFKA_ADVERTISED_LISTENERS",
            f"INSIDE://{INSIDE if self._network else 'localhost:19092'},OUTSIDE://127.0.0.1:{port}",
        )
        if self._network:
            container.with_kwargs(hostname="kafka", network=self._network)
        self._container = container
        try:
            container.start()
            self._wait(port)
        except Exception as error:
            self.stop()
            raise NotAvailable(f"{name} did not start: {error}") from error
        return Broker(f"127.0.0.1:{port}", name, is_apache=True, ready_s=time.monotonic() - began)

    def stop(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.stop()

    def _wait(self, port: int) -> None:
        """Until it answers: the engine itself accepts connections before that."""
        from tests.support import kafka_tools  # noqa: PLC0415 - takes a third of a second
        from tests.support.waiting import run  # noqa: PLC0415 - as above

        deadline = time.monotonic() + READY_S
        while True:
            try:
                if answers(port):
                    run(kafka_tools.list_topics(f"127.0.0.1:{port}"), 10.0)
                    return
            except Exception:
                if time.monotonic() > deadline:
                    raise
            self._container.reload()
            if self._container.status == "exited":
                raise NotAvailable(self._container.get_logs()[0].decode()[-2000:])
            if time.monotonic() > deadline:
                raise NotAvailable(f"no answer within {READY_S:g} s")
            time.sleep(0.1)
