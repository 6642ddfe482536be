"""Asking the brokers now and then, so that health knows of their absence while nothing is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from app.kafka import RollCall

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.vitals import Vitals
    from app.kafka import KafkaConfig

ASK_EVERY_S = 1.0
ANSWER_S = 3.0


async def probe_brokers(
    config: KafkaConfig, topics: Sequence[str], all_of_them: Vitals, some: Vitals
) -> None:
    """Ask for these topics every second, until cancelled.

    `all_of_them` hears that nobody answers, or that a topic is gone; `some` of single brokers.
    The client library would wait for a topic that was deleted, and for half a minute tell nobody.
    """
    roll_call = RollCall(config, ANSWER_S)
    try:
        while True:
            roll = await roll_call.hold(topics)
            if roll.silent is not None:
                all_of_them.trouble(f"the brokers do not answer: {roll.silent}")
                some.trouble(None)
            else:
                gone = ", ".join(roll.missing)
                all_of_them.trouble(f"there is no topic {gone}" if gone else None)
                away = ", ".join(roll.away)
                some.trouble(f"without an answer: {away}" if away else None)
            await asyncio.sleep(ASK_EVERY_S)
    finally:
        roll_call.close()
