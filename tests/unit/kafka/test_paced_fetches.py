"""A broker that answers at once that there is nothing is not asked without end."""

from __future__ import annotations

import asyncio
import time
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer.subscription_state import SubscriptionState

from app.kafka.paced_fetches import PAUSE_S, PacedFetcher
from tests.support.waiting import run, until


class HastyBroker:
    """What a fetcher needs of the client; `asked` has the time of each fetch."""

    _metadata_max_age_ms = 300_000

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.cluster = SimpleNamespace(leader_for_partition=lambda _: 0)
        self.asked: list[float] = []

    async def send(self, node: int, request: Any) -> Any:
        self.asked.append(time.monotonic())
        return SimpleNamespace(topics=[], API_VERSION=4)


def test_answers_without_records_come_at_a_pace() -> None:
    async def main() -> None:
        broker = HastyBroker()
        partition = TopicPartition("queue", 0)
        subscriptions = SubscriptionState()
        subscriptions.assign_from_user([partition])
        subscriptions.subscription.assignment.state_value(partition).reset_to(0)
        fetcher = PacedFetcher(broker, subscriptions)
        await until(lambda: len(broker.asked) >= 4, "four fetches")
        await fetcher.close()
        assert 2.9 * PAUSE_S <= broker.asked[3] - broker.asked[0]

    run(main())
