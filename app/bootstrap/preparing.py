"""What Kafka has to have before anything is read: topics, rights, a group that knows its place."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from app.bootstrap.rights import check_rights
from app.bootstrap.topics import prepare_topics
from app.domain.clock import epoch_ms
from app.intake.start import begin_group
from app.kafka import Admin, wait_for_brokers

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.bootstrap.topics import Topics
    from app.kafka import KafkaConfig
    from app.outcomes import Routes
    from app.settings import Settings

log = logging.getLogger(__name__)


async def prepare(
    settings: Settings, kafka: KafkaConfig, routes: Routes, on_topics: Callable[[], object]
) -> Topics:
    """Wait for Kafka, make its topics, begin the group; `on_topics` is called when they are there.

    Raises `ServerUnreachable` and `Fatal`.
    """
    await wait_for_brokers(
        kafka,
        settings.kafka_start_timeout,
        lambda waited, trouble: log.warning(
            "waiting for Kafka at %s for %.0f s: %s", ", ".join(kafka.brokers), waited, trouble
        ),
    )
    async with Admin(kafka) as admin:
        topics = await prepare_topics(admin, routes, create=settings.kafka_create_topics)
        group = settings.kafka_group_id
        await check_rights(admin, topics, routes, (group, f"{group}-retry"))
        on_topics()
        await begin_group(
            kafka,
            admin,
            group,
            topics.queue,
            topics.partitions,
            start=settings.kafka_start,
            clock=epoch_ms,
        )
    return topics
