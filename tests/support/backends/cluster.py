"""Three Apache Kafka nodes on the loopback, each broker and controller, that a test may kill."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, Self

from tests.support.backends.maven import ApacheKafka

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NODES: Final = 3
HEAP_MB: Final = 256

REPLICATED: Final = {
    "default.replication.factor": "3",
    "min.insync.replicas": "2",
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
}


class Cluster:
    """A context manager; each topic stands on all three, and two must have a record.

    Two nodes are enough for it to work. `settings` add to every node's properties.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.nodes = [
            ApacheKafka(folder / f"node-{number}", heap_mb=HEAP_MB)
            for number in range(1, NODES + 1)
        ]
        voters = ",".join(
            f"{number}@127.0.0.1:{node.ports['CONTROLLER']}"
            for number, node in enumerate(self.nodes, 1)
        )
        for number, node in enumerate(self.nodes, 1):
            node.settings |= {
                **REPLICATED,
                "node.id": str(number),
                "controller.quorum.voters": voters,
                **(settings or {}),
            }

    @property
    def brokers(self) -> str:
        return ",".join(node.brokers for node in self.nodes)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """All at once, as none is ready alone; raises NotAvailable."""
        with ThreadPoolExecutor(NODES) as starting:
            list(starting.map(ApacheKafka.start, self.nodes))

    def kill(self) -> None:
        """All at once."""
        with ThreadPoolExecutor(NODES) as killing:
            list(killing.map(ApacheKafka.kill, self.nodes))
