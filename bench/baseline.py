"""What one writes in an afternoon: aiokafka, EmailMessage and aiosmtplib on kept connections.

The plain service that ours is held against. It reads the same variables as the peers, and neither
retries, dead-letters, reports nor remembers anything.
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import jinja2
from aiokafka import AIOKafkaConsumer

TEMPLATES = Path(__file__).parent / "templates"
HTML = jinja2.Template((TEMPLATES / "password-reset.html.j2").read_text(), autoescape=True)
TEXT = jinja2.Template((TEMPLATES / "password-reset.txt.j2").read_text())


async def _work(queue: asyncio.Queue[dict[str, Any]]) -> None:
    secured = os.environ.get("TLS") == "1"
    smtp = aiosmtplib.SMTP(
        hostname="localhost",
        port=int(os.environ["SMTP_PORT"]),
        start_tls=secured,
        tls_context=ssl.create_default_context() if secured else None,
    )
    await smtp.connect()
    while True:
        fields = await queue.get()
        message = EmailMessage()
        for name in ("From", "To", "Subject"):
            message[name] = fields[name.lower()]
        message.set_content(TEXT.render(fields["data"]))
        message.add_alternative(HTML.render(fields["data"]), subtype="html")
        await smtp.send_message(message)


async def _serve() -> None:
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(100)
    consumer = AIOKafkaConsumer(
        os.environ["KAFKA_TOPIC"],
        bootstrap_servers=os.environ["KAFKA_BROKERS"],
        group_id=os.environ["KAFKA_GROUP_ID"],
        auto_offset_reset="earliest",
    )
    await consumer.start()
    async with asyncio.TaskGroup() as group:
        for _ in range(int(os.environ["WORKERS"])):
            group.create_task(_work(queue))
        async for record in consumer:
            await queue.put(json.loads(record.value)["message"])


if __name__ == "__main__":
    asyncio.run(_serve())
