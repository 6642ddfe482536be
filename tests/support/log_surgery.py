"""What operators, retention and transactions do to a topic's log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import NewPartitions, RecordsToDelete

from tests.support import kafka_clients
from tests.support.kafka_tools import KafkaTools
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.domain.record import Partition
    from tests.support.kafka_tools import Produced


async def _delete_records(brokers: str, before: Mapping[Partition, int]) -> None:
    async with kafka_clients.admin(brokers) as admin:
        await admin.delete_records(
            {TopicPartition(*at): RecordsToDelete(offset) for at, offset in before.items()}
        )


async def add_partitions(brokers: str, topic: str, total: int) -> None:
    async with kafka_clients.admin(brokers) as admin:
        await admin.create_partitions({topic: NewPartitions(total)})


async def _transaction(brokers: str, topic: str, records: Iterable[Produced], ending: str) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=brokers, transactional_id=f"{topic}-test")
    try:
        await producer.start()
        await producer.begin_transaction()
        for one in records:
            await producer.send_and_wait(topic, one.encoded(), partition=one.partition)
        if ending == "commit":
            await producer.commit_transaction()
        elif ending == "abort":
            await producer.abort_transaction()
    finally:
        await producer.stop()


@dataclass(frozen=True, slots=True)
class LogSurgery:
    """On one cluster; each call returns when it is done."""

    brokers: str

    def delete_records(self, before: Mapping[Partition, int]) -> None:
        """As retention does: the offsets below are gone."""
        run(_delete_records(self.brokers, before))

    def add_partitions(self, topic: str, total: int) -> None:
        run(add_partitions(self.brokers, topic, total))
        tools = KafkaTools(self.brokers)
        wait_until(lambda: len(tools.ends(topic)) == total, f"{topic} has {total} partitions")

    def recreate(self, topic: str, partitions: int = 1) -> None:
        """Delete the topic and create it anew, empty."""
        tools = KafkaTools(self.brokers)
        tools.delete_topics([topic])
        wait_until(lambda: topic not in tools.list_topics(), f"{topic} is gone")
        tools.create_topic(topic, partitions)

    def commit_transaction(self, topic: str, records: Iterable[Produced]) -> None:
        """The records and a control record in every partition written to."""
        run(_transaction(self.brokers, topic, records, "commit"))

    def abort_transaction(self, topic: str, records: Iterable[Produced]) -> None:
        run(_transaction(self.brokers, topic, records, "abort"))

    def leave_transaction_open(self, topic: str, records: Iterable[Produced]) -> None:
        """Readers of committed records do not see what follows, until Kafka aborts it."""
        run(_transaction(self.brokers, topic, records, "none"))
