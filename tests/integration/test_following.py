"""The suppressions follow their topic through whatever happens to it."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from app.domain.address_digest import address_digest, raw_digest
from app.domain.clock import epoch_ms
from app.domain.suppression import Source, Suppression, entry
from app.kafka import KafkaConfig, LogReader, Producer
from app.pipeline.watchdog import Pulse
from app.state import follower as module
from app.state.follower import Follower
from app.state.register import Register
from app.state.suppressed import Suppressed
from tests.support import kafka_tools as tools
from tests.support.kafka_tools import Produced
from tests.support.log_surgery import add_partitions
from tests.support.network import Network
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable

    from app.domain.record import Partition
    from tests.support.backends import Broker
    from tests.support.topics import Topics

COMPACT = {"cleanup.policy": "compact"}
ANN, BOB = (raw_digest(f"{name}@example.com") for name in ("ann", "bob"))
BY_HAND = Suppression(Source.MANUAL, "", 0)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHECK_EVERY_S", 0.2)
    monkeypatch.setattr(module, "ANSWER_S", 1.0)
    monkeypatch.setattr(module, "APPEAR_S", 0.1)


class Rig:
    """A follower at work, and the hand that writes what it follows."""

    def __init__(self, brokers: str, topic: str) -> None:
        self.config = KafkaConfig((brokers,), request_timeout_s=2.0)
        self.topic = topic
        self.known = Suppressed(epoch_ms)
        self.pulse = Pulse("suppressions", time.monotonic)
        self.follower = Follower(self.config, topic, self.known, self.pulse)

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.follower.run())
        try:
            yield
            assert not task.done(), "nothing ends it"
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def put(self, *digests: bytes) -> None:
        async with Producer(self.config) as producer:
            await producer.publish([entry(self.topic, each, BY_HAND) for each in digests])


@pytest.fixture
def rig(kafka: Broker, topics: Topics) -> Rig:
    return Rig(kafka.brokers, topics.suppressions)


def test_all_that_stands_in_the_topic_is_known_first_and_what_is_no_entry_is_passed_over(
    rig: Rig, kafka: Broker
) -> None:
    async def main() -> None:
        await tools.create_topic(kafka.brokers, rig.topic, 2, COMPACT)
        await rig.put(*(raw_digest(f"{number}@example.com") for number in range(3000)))
        foreign = [
            Produced(b"{}", key=b"ann@example.com"),
            Produced(b"oops", key=address_digest("ann@example.com").encode()),
        ]
        await tools.produce(kafka.brokers, rig.topic, foreign)
        await rig.put(BOB)
        async with rig.following():
            await rig.follower.whole()
            assert len(rig.known) == 3001
            assert rig.known.is_manual(BOB)
            assert not rig.known.holds(ANN)
            assert rig.pulse.reason is None

    run(main(), 60)


def test_what_is_added_while_the_topic_is_being_read_is_not_passed_over(
    rig: Rig, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Early(LogReader):
        """Has asked for the ends before the last record came."""

        @override
        async def bounds(self, partitions: Iterable[Partition]) -> dict[Partition, tuple[int, int]]:
            found = await super().bounds(partitions)
            return {each: (first, end - 1) for each, (first, end) in found.items()}

    async def main() -> None:
        await tools.create_topic(kafka.brokers, rig.topic, 1, COMPACT)
        await rig.put(ANN, BOB)
        monkeypatch.setattr(module, "LogReader", Early)
        monkeypatch.setattr(module, "CHECK_EVERY_S", 60.0)
        async with rig.following():
            await rig.follower.whole()
            await until(lambda: len(rig.known) == 2, "both are known", 20)

    run(main(), 60)


def test_partitions_that_are_added_are_followed_and_a_removal_reaches_them_all(
    rig: Rig, kafka: Broker
) -> None:
    async def main() -> None:
        await tools.create_topic(kafka.brokers, rig.topic, 1, COMPACT)
        await rig.put(ANN, BOB)
        async with rig.following():
            await rig.follower.whole()
            await add_partitions(kafka.brokers, rig.topic, 4)
            await rig.put(ANN, BOB)
            register = Register(rig.config, rig.topic, 4)
            entries = await register.entries()
            assert {each.suppression.source for each in entries.values()} == {Source.MANUAL}
            assert any(len(each.partitions) == 2 for each in entries.values())
            assert await register.remove(entries) == {}
            await until(lambda: len(rig.known) == 0, "both are gone", 20)
            cid = [raw_digest(f"{number}@example.com") for number in range(20)]
            await rig.put(*cid)
            await until(lambda: len(rig.known) == 20, "all partitions are read", 20)

    run(main(), 90)


def test_a_topic_made_anew_is_read_anew_and_its_absence_is_told(rig: Rig, kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker makes every topic that it is asked for")

    async def main() -> None:
        await tools.create_topic(kafka.brokers, rig.topic, 1, COMPACT)
        await rig.put(ANN, BOB)
        async with rig.following():
            await rig.follower.whole()
            await tools.delete_topics(kafka.brokers, [rig.topic])
            await until(lambda: rig.pulse.reason, "trouble is told", 20)
            assert "does not exist" in (rig.pulse.reason or "")
            assert rig.known.holds(ANN), "what was known counts"
            await tools.create_topic(kafka.brokers, rig.topic, 1, COMPACT)
            await rig.put(BOB)
            await until(lambda: not rig.known.holds(ANN), "the old log is forgotten", 30)
            await until(lambda: rig.known.holds(BOB), "the new one is read", 30)
            await until(lambda: rig.pulse.reason is None, "the trouble is over", 30)

    run(main(), 110)


def test_without_kafka_what_is_known_counts_and_it_catches_up_later(
    rig: Rig, kafka: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def main() -> None:
        network = Network(monkeypatch)
        await tools.create_topic(kafka.brokers, rig.topic, 1, COMPACT)
        await rig.put(ANN)
        async with rig.following():
            await rig.follower.whole()
            network.cut()
            await until(lambda: rig.pulse.reason, "trouble is told", 30)
            assert rig.known.holds(ANN)
            network.mend()
            await rig.put(BOB)
            await until(lambda: rig.known.holds(BOB), "it has caught up", 30)
            await until(lambda: rig.pulse.reason is None, "the trouble is over", 30)
            assert rig.known.holds(ANN)

    run(main(), 100)


def test_it_waits_for_a_topic_that_does_not_exist_yet(rig: Rig, kafka: Broker) -> None:
    if not kafka.is_apache:
        pytest.skip("the embedded broker makes every topic that it is asked for")

    async def main() -> None:
        async with rig.following():
            await until(lambda: rig.pulse.reason, "trouble is told", 20)
            await tools.create_topic(kafka.brokers, rig.topic, 1, COMPACT)
            await rig.follower.whole()
            assert len(rig.known) == 0

    run(main(), 60)
