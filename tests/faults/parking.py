"""Failed messages waiting in the retry tiers: when each is sent, and what they cost meanwhile."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import orjson
from aiokafka import AIOKafkaProducer
from typing_extensions import override

from app.outcomes import Schedule
from app.outcomes.durations import parse_duration
from tests.faults.conduct import Conduct, Fate
from tests.faults.load import fill
from tests.faults.relay import Relay
from tests.faults.usage import cpu_s, resident_mb
from tests.support import kafka_tools
from tests.support.mails import envelope
from tests.support.service import Service
from tests.support.topics import Topics
from tests.support.waiting import run, wait_until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

DEFER = Conduct(refuse=1.0, for_good=0.0)
LOOK_S = 0.2
PARTITIONS = 4
PATIENCE_S = 120.0
LONG = "1h"


@dataclass(frozen=True, slots=True)
class Lateness:
    """Of each message after its due time, in seconds; `growth_mb` of resident memory."""

    mails: int
    p50: float
    p99: float
    most: float
    least: float
    growth_mb: float

    @override
    def __str__(self) -> str:
        return (
            f"{self.mails} sent after they were due: p50 {self.p50:.3f} s, p99 {self.p99:.3f} s, "
            f"at most {self.most:.3f} s, at least {self.least:.3f} s; "
            f"memory grew by {self.growth_mb:.1f} MB"
        )


class Load(NamedTuple):
    """Mails a second, and milliseconds of a processor for each."""

    rate: float
    cpu_ms: float


class Instance:
    """A context manager: the real service with topics and a relay of its own."""

    def __init__(self, folder: Path, brokers: str, delays: Sequence[str]) -> None:
        self.topics = Topics.unique()
        seconds = tuple(parse_duration(delay) or 0.0 for delay in delays)
        self.tiers = Schedule(self.topics.queue, seconds).topics
        self.relay = Relay(folder, 1)
        self._brokers = brokers
        self.service = Service.on(
            folder,
            brokers=brokers,
            topics=self.topics,
            smtp_port=self.relay.port,
            env={"RETRY_DELAYS": ",".join(delays), "RETRY_JITTER": "0", "LOG_LEVEL": "warning"},
        )

    def __enter__(self) -> Self:
        run(kafka_tools.create_topic(self._brokers, self.topics.queue, PARTITIONS))
        self.relay.__enter__()
        self.service.start().wait_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.service.__exit__()
        self.relay.__exit__()

    def load(self, mails: int) -> Load:
        """So many, written to the queue at once."""
        self.relay.news()
        used = cpu_s(self.service.process.pid)
        run(fill(self._brokers, self.topics.queue, PARTITIONS, mails), PATIENCE_S)
        times: list[float] = []

        def all_sent() -> bool:
            times.extend(one.at for one in self.relay.news() if one.fate is Fate.ACCEPTED)
            return len(times) >= mails

        wait_until(all_sent, f"{mails} mails sent", PATIENCE_S)
        used = cpu_s(self.service.process.pid) - used
        return Load((mails - 1) / (times[-1] - times[0]), used * 1000 / mails)

    def park(self, records: list[dict[str, Any]], per_second: float) -> None:
        """Let each fail once; returns when the tiers hold them."""
        self.relay.behave(DEFER)
        run(_trickle(self._brokers, self.topics.queue, records, per_second), 2 * PATIENCE_S)

        def parked() -> bool:
            ends = [run(kafka_tools.ends(self._brokers, tier)) for tier in self.tiers]
            return sum(sum(each.values()) for each in ends) >= len(records)

        wait_until(parked, "all failed once", PATIENCE_S)
        self.relay.behave(Conduct())

    def due(self) -> dict[str, float]:
        """When each may be sent, epoch seconds."""
        found = {}
        for tier in self.tiers:
            for record in run(kafka_tools.read_all(self._brokers, tier), PATIENCE_S):
                headers = dict(record.headers)
                found[headers["mail-id"].decode()] = int(headers["mail-not-before"]) / 1000
        return found

    @property
    def resident_mb(self) -> float:
        return resident_mb(self.service.process.pid)


def lateness(
    folder: Path, brokers: str, *, mails: int, delays: Sequence[str], per_second: float
) -> Lateness:
    """Fail so many messages once, spread evenly over tiers and time; wait until all are sent.

    The shortest delay must be longer than failing them takes.
    """
    assert mails / per_second < min(parse_duration(delay) or 0 for delay in delays)
    with Instance(folder, brokers, delays) as instance:
        # Memory is compared with that of a service which has worked.
        instance.load(max(500, mails // 2))
        before = instance.resident_mb
        instance.park(
            [_failed_before(number, number % len(delays)) for number in range(mails)], per_second
        )
        due = instance.due()
        epoch = time.time() - time.monotonic()
        sent: dict[str, float] = {}
        most_mb = before

        def all_sent() -> bool:
            nonlocal most_mb
            most_mb = max(most_mb, instance.resident_mb)
            time.sleep(LOOK_S)
            for one in instance.relay.news():
                if one.fate is Fate.ACCEPTED:
                    sent[one.id] = one.at + epoch
            return len(sent) >= mails

        longest = max(due.values()) - time.time()
        wait_until(all_sent, "all are sent", longest + PATIENCE_S)
        late = sorted(at - due[one] for one, at in sent.items())
        hundredths = quantiles(late, n=100)
        return Lateness(mails, median(late), hundredths[98], late[-1], late[0], most_mb - before)


def loads(
    folder: Path, brokers: str, *, parked: int, mails: int, rounds: int
) -> list[tuple[Load, Load]]:
    """With so many parked, and with none: pairs, measured right after one another."""
    with (
        Instance(folder / "with", brokers, [LONG]) as burdened,
        Instance(folder / "without", brokers, [LONG]) as free,
    ):
        burdened.park([_failed_before(number, 0) for number in range(parked)], 1e9)
        pairs = []
        for turn in range(rounds + 1):
            # Which one is first changes, as the machine's other load does.
            if turn % 2:
                other = free.load(mails)
                pairs.append((burdened.load(mails), other))
            else:
                pairs.append((burdened.load(mails), free.load(mails)))
        return pairs[1:]  # the first round warms both up


def _failed_before(number: int, times: int) -> dict[str, Any]:
    """It goes to the tier of the delay that comes after so many."""
    return envelope(
        number,
        id=f"parked-{number}",
        to=f"parked-{number}@example.com",
        retry_count=times,
        max_retries=times + 1,
    )


async def _trickle(
    brokers: str, topic: str, records: Sequence[dict[str, Any]], per_second: float
) -> None:
    """Write them evenly spread over time."""
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all")
    await producer.start()
    try:
        began, sent = time.monotonic(), []
        for number, record in enumerate(records):
            if (early := began + number / per_second - time.monotonic()) > 0:
                await asyncio.sleep(early)
            sent.append(await producer.send(topic, orjson.dumps(record)))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
