"""The producer against a real broker: what it keeps, what it refuses, what it survives."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from app.domain.record import Outgoing
from app.kafka import KafkaConfig, Producer, PublishError, Written
from tests.support.backends import NotAvailable
from tests.support.backends.maven import ApacheKafka
from tests.support.kafka_tools import KafkaTools, create_topic
from tests.support.log_surgery import LogSurgery
from tests.support.topics import Topics
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from app.domain.record import Record
    from tests.support.backends import Broker


def record(topic: str, lane: int, number: int, size: int = 0) -> Outgoing:
    return Outgoing(topic, lane, b"%d" % lane, b"%d" % number + b" " * size)


def numbers(records: list[Record]) -> dict[bytes, list[int]]:
    """What stands in the topic, by lane, in its order."""
    found: dict[bytes, list[int]] = defaultdict(list)
    for one in records:
        found[one.key or b""].append(int((one.value or b"").split(b" ")[0]))
    return found


class Trouble:
    """What a producer told; None is the end of a trouble."""

    def __init__(self) -> None:
        self.told: list[str | None] = []

    def __call__(self, reason: str | None) -> None:
        self.told.append(reason)


@asynccontextmanager
async def producing(
    brokers: str, trouble: Trouble, request_timeout_s: float = 30.0
) -> AsyncIterator[Producer]:
    config = KafkaConfig((brokers,), request_timeout_s=request_timeout_s)
    async with Producer(config, max_request_size=4 << 20, on_trouble=trouble) as producer:
        yield producer


@pytest.fixture
def trouble() -> Trouble:
    return Trouble()


@pytest.fixture(scope="module")
def own_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    """A broker that a test may kill, and that makes no topic unless asked."""
    broker = ApacheKafka(tmp_path_factory.mktemp("own-kafka"))
    try:
        broker.start()
    except NotAvailable as why:
        pytest.skip(f"no broker of its own: {why}")
    try:
        yield broker
    finally:
        broker.kill()


@pytest.fixture
def own_topics() -> Topics:
    """They go with the broker."""
    return Topics.unique()


def test_many_lanes_each_in_order_and_every_answer_in_place(
    kafka: Broker, kafka_tools: KafkaTools, topics: Topics, trouble: Trouble
) -> None:
    kafka_tools.create_topic(topics.queue, 6)
    batch = [record(topics.queue, lane, number) for number in range(50) for lane in range(100)]

    async def scenario() -> list[Written | PublishError]:
        async with producing(kafka.brokers, trouble) as producer:
            answers = await producer.publish(batch)
            assert producer.pending == 0
            assert await producer.publish([]) == []
            return answers

    answers = run(scenario())
    records = kafka_tools.read_all(topics.queue)
    assert {(one.topic, one.partition, one.offset): one.value for one in records} == dict(
        zip(answers, (one.value for one in batch), strict=True)
    )
    assert {b"%d" % lane: [*range(50)] for lane in range(100)} == numbers(records)
    assert {one.partition for one in records if one.key == b"7"} == {7 % 6}
    assert trouble.told == []


@pytest.mark.parametrize("gathered", [False, True])
def test_what_comes_a_moment_later_goes_along_where_a_topic_is_gathered(
    kafka: Broker, topics: Topics, trouble: Trouble, *, gathered: bool
) -> None:
    heard: list[str] = []

    async def scenario() -> None:
        await create_topic(kafka.brokers, topics.queue, 1)
        config = KafkaConfig((kafka.brokers,))
        loop = asyncio.get_running_loop()

        def done(_: Written | PublishError) -> None:
            heard.append("answer")
            loop.call_soon(heard.append, "turn")

        wanted = [topics.queue] if gathered else []
        async with Producer(config, gathered=wanted, on_trouble=trouble) as producer:
            await producer.publish([record(topics.queue, 0, 0)])
            for number in (1, 2):
                producer.send(record(topics.queue, 0, number), done)
                for _ in range(3):
                    await asyncio.sleep(0)
            await until(lambda: len(heard) == 4, "both are answered")

    run(scenario())
    one_batch, two = ["answer", "answer", "turn", "turn"], ["answer", "turn", "answer", "turn"]
    assert (one_batch if gathered else two) == heard


@pytest.mark.parametrize("oversized", [6_000, 2_000_000])
def test_an_oversized_record_alone_is_refused_and_those_behind_it_are_written(
    oversized: int, kafka: Broker, kafka_tools: KafkaTools, topics: Topics, trouble: Trouble
) -> None:
    """Twice, as a broken producer would show at the second; 2 MB exceed what a batch holds."""
    if not kafka.is_apache:
        pytest.skip("the embedded broker does not enforce max.message.bytes")
    kafka_tools.create_topic(topics.queue, 2, {"max.message.bytes": "5000"})
    large = {20, 21, 70}

    async def scenario() -> list[Written | PublishError]:
        async with producing(kafka.brokers, trouble) as producer:
            return await producer.publish(
                [
                    record(topics.queue, lane, number, oversized if number in large else 20)
                    for lane in (0, 1)
                    for number in range(100)
                ]
            )

    answers = run(scenario())
    refused = {at % 100 for at, one in enumerate(answers) if isinstance(one, PublishError)}
    assert large == refused
    assert all(one.too_large for one in answers if isinstance(one, PublishError))
    small = [number for number in range(100) if number not in large]
    assert {b"0": small, b"1": small} == numbers(kafka_tools.read_all(topics.queue))
    assert trouble.told == []


def test_a_topic_deleted_and_made_again_is_written_to(
    kafka: Broker, kafka_tools: KafkaTools, topics: Topics, trouble: Trouble
) -> None:
    kafka_tools.create_topic(topics.queue, 2)

    async def scenario() -> None:
        async with producing(kafka.brokers, trouble) as producer:
            await producer.publish([record(topics.queue, 0, n) for n in range(20)])
            surgery = LogSurgery(kafka.brokers)
            await asyncio.to_thread(surgery.recreate, topics.queue, 2)
            await producer.publish([record(topics.queue, 0, n) for n in range(20, 40)])

    run(scenario())
    written = numbers(kafka_tools.read_all(topics.queue))
    assert {b"0": [*range(20, 40)]} == {
        lane: list(dict.fromkeys(ones)) for lane, ones in written.items()
    }


def test_a_missing_topic_is_waited_for_without_haste_and_holds_up_no_other(
    own_kafka: ApacheKafka, own_topics: Topics, trouble: Trouble
) -> None:
    topics, kafka_tools = own_topics, KafkaTools(own_kafka.brokers)
    kafka_tools.create_topic(topics.queue, 1, {"max.message.bytes": "5000"})

    async def others_meanwhile(producer: Producer, seconds: float) -> float:
        """Write to the other topic; the longest time that took."""
        longest = 0.0
        ends = time.monotonic() + seconds
        number = 0
        while time.monotonic() < ends:
            began = time.monotonic()
            # Some are refused, which replaces the client.
            size = 6000 if number % 100 == 50 else 0
            await producer.publish([record(topics.queue, 0, number, size)])
            longest = max(longest, time.monotonic() - began)
            number += 1
            await asyncio.sleep(0.01)
        return longest

    async def scenario() -> None:
        async with producing(own_kafka.brokers, trouble, request_timeout_s=10.0) as producer:
            missing = asyncio.create_task(
                producer.publish([record(topics.dlq, 0, n) for n in range(10)])
            )
            spent = time.process_time()
            longest = await others_meanwhile(producer, 6.0)
            assert longest < 8  # a request of its own client would hold it up for 10 s
            assert time.process_time() - spent < 4
            assert not missing.done()
            # Said a few times, and not over because others are written.
            assert 1 <= len(trouble.told) < 10
            assert None not in trouble.told
            await create_topic(own_kafka.brokers, topics.dlq)
            assert all(isinstance(one, Written) for one in await missing)

    run(scenario(), 60)
    assert {b"0": [*range(10)]} == numbers(kafka_tools.read_all(topics.dlq))
    assert trouble.told.count(None) == 1
    assert trouble.told[-1] is None


def test_stop_does_not_wait_for_what_cannot_be_written(
    own_kafka: ApacheKafka, own_topics: Topics, trouble: Trouble
) -> None:
    topics = own_topics
    KafkaTools(own_kafka.brokers).create_topic(topics.queue)
    answered: list[Written | PublishError] = []

    async def scenario() -> float:
        producer = Producer(KafkaConfig((own_kafka.brokers,)), on_trouble=trouble)
        await producer.start()
        producer.send(record(topics.dlq, 0, 1), answered.append)
        producer.send(record(topics.queue, 0, 1), answered.append)
        await until(lambda: answered, "what can be written is written", 10)
        began = time.monotonic()
        await producer.stop(1.0)
        assert producer.pending == 1
        return time.monotonic() - began

    assert run(scenario()) < 20  # and not until it could be written, which is never
    assert len(answered) == 1


@pytest.mark.timeout(180)
def test_a_broker_that_is_killed_and_comes_back_costs_nothing_but_time(
    own_kafka: ApacheKafka, own_topics: Topics, trouble: Trouble
) -> None:
    topic = own_topics.queue
    lanes = 4
    sent = [0] * lanes
    answers: list[Written | PublishError] = []

    async def scenario() -> None:
        await create_topic(own_kafka.brokers, topic, lanes)
        # Shorter than the broker's absence: what was under way then expires in the client.
        async with producing(own_kafka.brokers, trouble, request_timeout_s=2.0) as producer:

            def send_some() -> None:
                for lane in range(lanes):
                    if producer.pending < 5_000:
                        producer.send(record(topic, lane, sent[lane], 100), answers.append)
                        sent[lane] += 1

            async def keep_sending(ended: asyncio.Event) -> None:
                while not ended.is_set():
                    send_some()
                    await asyncio.sleep(0.001)

            ended = asyncio.Event()
            sending = asyncio.create_task(keep_sending(ended))
            await until(lambda: len(answers) > 500, "it flows", 10)
            await asyncio.to_thread(own_kafka.kill)
            before = len(answers)
            await until(lambda: trouble.told, "the absence is told", 30)
            assert len(answers) - before < 1_000
            await asyncio.to_thread(own_kafka.start)
            seen = len(answers)
            await until(lambda: len(answers) > seen + 1_000, "it flows again", 60)
            ended.set()
            await sending
            await until(lambda: not producer.pending, "all is answered", 30)

    run(scenario(), 150)
    assert sum(sent) == len(answers)
    assert all(isinstance(one, Written) for one in answers)
    written = numbers(KafkaTools(own_kafka.brokers).read_all(topic))
    assert {b"%d" % lane: [*range(count)] for lane, count in enumerate(sent)} == {
        lane: list(dict.fromkeys(ones)) for lane, ones in written.items()
    }
    assert trouble.told[0] is not None
    assert trouble.told[-1] is None
