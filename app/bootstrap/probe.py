"""Asking the brokers now and then, so that health knows of their absence while nothing is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.kafka import Admin, KafkaError, why_unreachable

if TYPE_CHECKING:
    from app.domain.vitals import Vitals
    from app.kafka import KafkaConfig

ASK_EVERY_S = 5.0
ANSWER_S = 5.0


async def probe_brokers(config: KafkaConfig, topic: str, vitals: Vitals) -> None:
    """Ask for the topic every five seconds, until cancelled; trouble goes to `vitals`."""
    while True:
        try:
            async with Admin(config, answer_s=ANSWER_S) as admin:
                while True:
                    found = await admin.topics([topic])
                    vitals.trouble(None if topic in found else f"there is no topic {topic}")
                    await asyncio.sleep(ASK_EVERY_S)
        except (KafkaError, OSError, TimeoutError) as error:
            reason = await why_unreachable(config, error, ANSWER_S)
            vitals.trouble(f"the brokers do not answer: {reason}")
        await asyncio.sleep(ASK_EVERY_S)
