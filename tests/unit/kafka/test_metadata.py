"""How often the brokers are asked who they are."""

from __future__ import annotations

import asyncio

from app.kafka import KafkaConfig
from app.kafka.metadata import steady
from tests.support.waiting import run

NOBODY = KafkaConfig(("127.0.0.1:1",))


class Client:
    """The part of the library's client that asks."""

    def __init__(self, answer: bool) -> None:
        self.asked = 0
        self._answer = answer

    async def _metadata_update(self, cluster: object, topics: object) -> bool:
        self.asked += 1
        return self._answer


async def _ask_for(client: Client, seconds: float) -> None:
    async def ask() -> None:
        while True:
            await client._metadata_update(None, ())

    await asyncio.wait([asking := asyncio.create_task(ask())], timeout=seconds)
    asking.cancel()


def test_who_asks_again_and_again_has_to_pause() -> None:
    async def scenario() -> None:
        client = Client(answer=True)
        steady(client, NOBODY)
        await _ask_for(client, 1.0)
        assert 2 <= client.asked <= 8

    run(scenario())


def test_also_when_nobody_answers() -> None:
    async def scenario() -> None:
        client = Client(answer=False)
        steady(client, NOBODY)
        await _ask_for(client, 1.0)
        assert 2 <= client.asked <= 8

    run(scenario())
