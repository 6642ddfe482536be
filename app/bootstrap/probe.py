"""Asking the brokers now and then, so that health knows of their absence while nothing is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.kafka import Admin, KafkaError, why_unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.vitals import Vitals
    from app.kafka import KafkaConfig

ASK_EVERY_S = 5.0
ANSWER_S = 5.0


async def probe_brokers(config: KafkaConfig, topics: Sequence[str], vitals: Vitals) -> None:
    """Ask for these topics every five seconds, until cancelled; trouble goes to `vitals`.

    The client library would wait for one that was deleted, and for half a minute tell nobody.
    """
    while True:
        try:
            async with Admin(config, answer_s=ANSWER_S) as admin:
                while True:
                    gone = await admin.missing(topics)
                    vitals.trouble(f"there is no topic {', '.join(gone)}" if gone else None)
                    await asyncio.sleep(ASK_EVERY_S)
        except (KafkaError, OSError, TimeoutError) as error:
            reason = await why_unreachable(config, error, ANSWER_S)
            vitals.trouble(f"the brokers do not answer: {reason}")
        await asyncio.sleep(ASK_EVERY_S)
