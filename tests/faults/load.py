"""The mails of a run, written to the queue as fast as Kafka takes them."""

from __future__ import annotations

import asyncio

import orjson
from aiokafka import AIOKafkaProducer

AT_ONCE = 20


def ids(mails: int) -> list[str]:
    return [f"mail-{number}" for number in range(mails)]


async def fill(brokers: str, topic: str, partitions: int, mails: int) -> None:
    """All acknowledged when it returns; spread evenly over the partitions."""
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
                    if batch.append(key=None, value=_mail(one), timestamp=None) is None:
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


def _mail(one: str) -> bytes:
    return orjson.dumps(
        {
            "id": one,
            "from": "shop@example.com",
            "to": f"{one}@example.com",
            "subject": f"Your order {one}",
            "text": f"Thank you for order {one}.\nIt is on its way.",
        }
    )
