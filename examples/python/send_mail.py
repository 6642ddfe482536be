"""Puts one mail into the queue: python send_mail.py RECIPIENT ID."""

import asyncio
import json
import os
import sys

from aiokafka import AIOKafkaProducer

BROKERS = os.environ.get("KAFKA_BROKERS", "localhost:9092")
TOPIC = os.environ.get("KAFKA_TOPIC", "email-queue")


async def main(recipient: str, message_id: str) -> None:
    message = {
        "id": message_id,
        "to": recipient,
        "subject": "Your order",
        "text": "Thank you for your order.",
        "type": "order",
    }
    # Idempotent: a write that is repeated on a poor connection is kept once.
    async with AIOKafkaProducer(
        bootstrap_servers=BROKERS, enable_idempotence=True, acks="all"
    ) as producer:
        # Returns when every replica in sync has the record; raises when it was not written.
        written = await producer.send_and_wait(
            TOPIC, key=message_id.encode(), value=json.dumps(message).encode()
        )
    print(f"{written.topic}/{written.partition}/{written.offset}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
