"""Members of a group whose client, whose brokers or whose fellow members make trouble."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener
from aiokafka.consumer.group_coordinator import CoordinatorGroupRebalance
from aiokafka.errors import UnknownError

from app.domain.errors import Fatal
from app.kafka import Consumer, GroupTimes, KafkaConfig, KafkaError
from tests.support.mails import flat
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.domain.record import Partition
    from tests.support.backends import Broker
    from tests.support.kafka_tools import KafkaTools
    from tests.support.postfix import Postfix
    from tests.support.services import Services
    from tests.support.topics import Topics


class Assignments:
    """What the group gave, latest last."""

    def __init__(self) -> None:
        self.given: list[frozenset[Partition]] = []

    async def revoked(self) -> None: ...

    def assigned(self, partitions: frozenset[Partition]) -> None:
        self.given.append(partitions)


@asynccontextmanager
async def joined(broker: Broker, topics: Topics) -> AsyncIterator[tuple[Consumer, Assignments]]:
    consumer = Consumer(KafkaConfig((broker.brokers,)), topics.group, times=GroupTimes())
    assignments = Assignments()
    try:
        await consumer.start([topics.queue], assignments)
        yield consumer, assignments
    finally:
        await consumer.stop()


def test_an_answer_to_joining_that_nobody_knows_is_told_and_joining_goes_on(
    monkeypatch: pytest.MonkeyPatch, kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)

    async def main() -> None:
        async with joined(kafka, topics) as (consumer, assignments):
            really_join = CoordinatorGroupRebalance.perform_group_join
            answers: list[Exception] = [UnknownError()]

            async def join(rebalance: CoordinatorGroupRebalance) -> object:
                if answers:
                    raise answers.pop()
                return await really_join(rebalance)

            monkeypatch.setattr(CoordinatorGroupRebalance, "perform_group_join", join)
            consumer._client._coordinator.request_rejoin()  # as a heartbeat does in a rebalance
            told = []

            def again() -> bool:
                try:
                    consumer.check()
                except KafkaError as error:
                    told.append(error)
                return len(assignments.given) == 2

            await until(again, "it is back in the group", 20)
            assert len(told) == 1

    run(main(), 60)


def test_a_client_whose_own_task_has_ended_is_fatal(
    kafka: Broker, kafka_tools: KafkaTools, topics: Topics
) -> None:
    kafka_tools.create_topic(topics.queue, 1)

    async def main() -> None:
        async with joined(kafka, topics) as (consumer, _):
            consumer.check()
            consumer._client._fetcher.error_future.cancel()
            with pytest.raises(Fatal, match="has ended"):
                await until(consumer.check, "the end is noticed")

    run(main())


class Holding(ConsumerRebalanceListener):  # type: ignore[misc]  # the library is untyped
    """A member that lets the others wait until it is told to let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.holds = False

    async def on_partitions_revoked(self, revoked: object) -> None:
        if revoked:
            self.holds = True
            await self.let_go.wait()

    async def on_partitions_assigned(self, assigned: object) -> None: ...


@pytest.mark.usefixtures("forgets_the_dead")
@pytest.mark.timeout(120)
def test_a_stop_waits_for_no_rebalance_that_another_member_delays(
    services: Services, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, postfix: Postfix
) -> None:
    kafka_tools.create_topic(topics.queue, 4)
    service = services.to(postfix.port, SHUTDOWN_TIMEOUT="3s", KAFKA_START="latest")

    def member() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=kafka.brokers,
            group_id=topics.group,
            enable_auto_commit=False,
            rebalance_timeout_ms=60_000,
        )

    async def main() -> None:
        holding, slow, third = Holding(), member(), member()
        slow.subscribe([topics.queue], listener=holding)
        third.subscribe([topics.queue])
        await slow.start()
        joining = asyncio.create_task(third.start())
        try:
            await until(lambda: holding.holds, "a member delays the rebalance", 30)
            # What arrives now finds the reader polling.
            numbers = iter(range(1000))
            while not service.log.read_text().count("partitions back"):
                batch = [flat(next(numbers)) for _ in range(4)]
                await asyncio.to_thread(kafka_tools.produce, topics.queue, batch)
            service.terminate()
            # The rebalance goes on for 60 s.
            assert await asyncio.to_thread(service.wait, 30) == 0
        finally:
            holding.let_go.set()
            await asyncio.gather(joining, return_exceptions=True)
            await asyncio.gather(slow.stop(), third.stop())

    with service.start().wait_ready():
        run(main(), 100)
