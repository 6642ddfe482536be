"""Three Apache Kafka nodes on the loopback, each broker and controller, that a test may kill."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from typing import TYPE_CHECKING, Final, Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from tests.support.backends.maven import ApacheKafka
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NODES: Final = 3
HEAP_MB: Final = 256
IN_SYNC_S: Final = 60.0

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
        self._turns = cycle(self.nodes)
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

    def next_node(self) -> ApacheKafka:
        """Each in turn."""
        return next(self._turns)

    def start(self) -> None:
        """All at once, as none is ready alone; raises NotAvailable."""
        with ThreadPoolExecutor(NODES) as starting:
            list(starting.map(ApacheKafka.start, self.nodes))

    def kill(self) -> None:
        """All at once."""
        with ThreadPoolExecutor(NODES) as killing:
            list(killing.map(ApacheKafka.kill, self.nodes))

    def freeze(self) -> None:
        """All of them."""
        for node in self.nodes:
            node.freeze()

    def thaw(self) -> None:
        for node in self.nodes:
            node.thaw()

    def wait_in_sync(self) -> None:
        """Until every replica has caught up: only then may another node be taken away."""
        wait_until(lambda: run(self._in_sync(), IN_SYNC_S), "all replicas are in sync", IN_SYNC_S)

    async def _in_sync(self) -> bool:
        admin = AIOKafkaAdminClient(bootstrap_servers=self.brokers)
        try:
            await admin.start()
            topics = await admin.describe_topics()
        except KafkaError:
            return False
        finally:
            await admin.close()
        return all(len(one["isr"]) == NODES for topic in topics for one in topic["partitions"])
