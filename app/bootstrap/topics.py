"""The topics that must exist before anything is read or written."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.bootstrap.topic_plan import (
    BROKERS_DEFAULT,
    DEFAULT_MAX_MESSAGE,
    HEADROOM,
    LARGEST,
    Purpose,
    Wanted,
    creation,
    wanted_topics,
)
from app.domain.errors import Fatal
from app.kafka import persistent

if TYPE_CHECKING:
    from app.kafka import Admin, TopicInfo, TopicSpec
    from app.outcomes import Routes

log = logging.getLogger(__name__)

ANSWER_S = 30.0


@dataclass(frozen=True, slots=True)
class Topics:
    """The queue's partitions, every tier that exists, and the largest record to be written.

    `needed`: those without which the service cannot do its work.
    """

    queue: str
    partitions: int
    needed: tuple[str, ...]
    tiers: tuple[str, ...]
    max_request_size: int


async def prepare_topics(admin: Admin, routes: Routes, *, create: bool) -> Topics:
    """Create what is missing, with the queue's partition count; `Fatal` when that is not allowed.

    Every existing tier of the queue is read, also those that no setting names any more.
    """
    queue = routes.schedule.queue
    existing = await persistent(admin.topics, ANSWER_S)
    wanted = {each.name: each for each in wanted_topics(routes)}
    (state,) = (name for name, each in wanted.items() if each.purpose is Purpose.STATE)
    marks = wanted.pop(state)
    missing = [topic for topic in wanted if topic not in existing]
    if missing and not create:
        raise Fatal(
            f"topics are missing, or Kafka does not grant DESCRIBE on them: {', '.join(missing)}. "
            "Create them, or start with KAFKA_CREATE_TOPICS=true"
        )
    if queue in missing:
        await _create(admin, [creation(wanted[queue], BROKERS_DEFAULT, BROKERS_DEFAULT, 0)])
        existing |= await persistent(lambda: _appeared(admin, queue), ANSWER_S)
        missing.remove(queue)
    largest = int((await admin.config(queue)).get(LARGEST) or DEFAULT_MAX_MESSAGE)
    info = existing[queue]

    def spec(topic: Wanted) -> TopicSpec:
        return creation(topic, info.partitions, info.replication, largest)

    await _create(admin, [spec(wanted[topic]) for topic in missing])
    if create and state not in existing:
        await _offer(admin, spec(marks))
    tiers = {topic for topic in existing if routes.schedule.is_tier(topic)}
    return Topics(
        queue,
        info.partitions,
        tuple(wanted),
        tuple(sorted(tiers | set(routes.schedule.topics))),
        largest + HEADROOM,
    )


async def _appeared(admin: Admin, topic: str) -> dict[str, TopicInfo]:
    found = await admin.topics([topic])
    if not found:
        raise TimeoutError(f"topic {topic} was created and has not appeared")
    return found


async def _create(admin: Admin, specs: list[TopicSpec]) -> None:
    created = await admin.create(specs)
    for spec in specs:
        if spec.name in created:
            log.info("topic %s created", spec.name)


async def _offer(admin: Admin, spec: TopicSpec) -> None:
    """Create what the service itself does without: replays of dead letters mark them there."""
    try:
        await _create(admin, [spec])
    except Fatal as error:
        log.warning("%s; `dlq replay` needs it", error)
