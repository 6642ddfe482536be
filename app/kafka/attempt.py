"""One batch on its way through one client of the library's, and the end of such a client."""

from __future__ import annotations

import asyncio
from typing import Any

from app.kafka.bounded import bounded, closed


class Attempt:
    """Tries to write a batch once; when it is cut, `answer` tells what became of it."""

    def __init__(self, client: Any, topic: str, partition: int, batch: Any) -> None:
        self._client = client
        self._topic = topic
        self._partition = partition
        self._batch = batch
        self._delivery: asyncio.Future[Any] | None = None

    async def run(self) -> tuple[int, int]:
        """Partition and first offset, once all replicas have it."""
        self._delivery = delivery = await self._client.send_batch(
            self._batch, self._topic, partition=self._partition
        )
        delivery.add_done_callback(taken_note_of)
        # Whoever cuts us does not cut the batch, which the client may be writing at this moment.
        metadata = await asyncio.shield(delivery)
        return self._partition, metadata.offset

    def answer(self) -> tuple[int, int] | None:
        """As `run` gives it, when it was written after all; final once the client is put away."""
        delivery = self._delivery
        if delivery is None or not delivery.done() or delivery.cancelled() or delivery.exception():
            return None
        return self._partition, delivery.result().offset


async def partition_of(client: Any, topic: str, lane: int, seconds: float) -> int:
    """The lane's partition; TimeoutError when no broker knows the topic within `seconds`."""
    try:
        known = await bounded(client.partitions_for(topic), seconds)
    except TimeoutError as error:
        raise TimeoutError(f"the topic was not found within {seconds:g} s") from error
    return lane % len(known)


async def put_away(client: Any, seconds: float) -> None:
    """End a producing client: what it is writing it may finish within `seconds`, no more.

    Its own `stop` first writes all that it holds and, when that is cut, leaves it to a task which
    tries for ever: what another client writes again would stand in the topic twice.
    """
    client._closed = True  # noqa: SLF001 - says that it was not forgotten
    client._message_accumulator._batches.clear()  # noqa: SLF001 - no public way drops what it holds
    await closed(client._sender.close(), "producer", seconds)  # noqa: SLF001 - nor ends only this
    await closed(client.client.close(), "producer", 2.0)


def taken_note_of(delivery: asyncio.Future[Any]) -> None:
    """An attempt that nobody waits for any longer may fail in silence."""
    if not delivery.cancelled():
        delivery.exception()
