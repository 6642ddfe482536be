"""The mails of a run, written to the queue as fast as Kafka takes them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import orjson
from aiokafka import AIOKafkaProducer

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = 20


def ids(mails: int) -> list[str]:
    return [f"mail-{number}" for number in range(mails)]


def everywhere(_one: str) -> str:
    """The same domain for each."""
    return "example.com"


async def fill(
    brokers: str,
    topic: str,
    partitions: int,
    mails: int,
    domain: Callable[[str], str] = everywhere,
) -> None:
    """All acknowledged when it returns; spread evenly over the partitions.

    `domain` gives that of a mail's recipient by the mail's id.
    """
    producer = AIOKafkaProducer(bootstrap_servers=brokers, acks="all", max_batch_size=1 << 18)
    await producer.start()
    try:
        pending = set()
        for partition in range(partitions):
            left = ids(mails)[partition::partitions]
            while left:
                batch = producer.create_batch()
                taken = 0
                for one in left:
                    if (
                        batch.append(key=None, value=_mail(one, domain(one)), timestamp=None)
                        is None
                    ):
                        break
                    taken += 1
                batch.close()
                left = left[taken:]
                pending.add(await producer.send_batch(batch, topic, partition=partition))
                if len(pending) >= AT_ONCE:
                    await asyncio.gather(*pending)
                    pending.clear()
        await asyncio.gather(*pending)
    finally:
        await producer.stop()


def _mail(one: str, domain: str) -> bytes:
    return orjson.dumps(
        {
            "id": one,
            "from": "shop@example.com",
            "to": f"{one}@{domain}",
            "subject": f"Your order {one}",
            "text": f"Thank you for order {one}.\nIt is on its way.",
        }
    )
