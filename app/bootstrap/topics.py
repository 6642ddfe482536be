"""The topics that must exist before anything is read or written."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.errors import Fatal
from app.kafka import TopicSpec, persistent
from app.outcomes.dead_letters import state_topic

if TYPE_CHECKING:
    from app.kafka import Admin, TopicInfo
    from app.outcomes import Routes

log = logging.getLogger(__name__)

BROKERS_DEFAULT = -1
ANSWER_S = 30.0
# What our headers may add to a record on its way through the tiers.
HEADROOM = 64 * 1024
PARKED_MS = 30 * 24 * 3600 * 1000
DEFAULT_MAX_MESSAGE = 1_048_588
COMPACT = {"cleanup.policy": "compact"}


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
    wanted = [queue, *routes.schedule.topics, routes.dead_letters]
    if routes.results:
        wanted.append(routes.results)
    if routes.suppressing:
        wanted.append(routes.suppressing.topic)
    missing = [topic for topic in wanted if topic not in existing]
    if missing and not create:
        raise Fatal(
            f"topics are missing, or Kafka does not grant DESCRIBE on them: {', '.join(missing)}. "
            "Create them, or start with KAFKA_CREATE_TOPICS=true"
        )
    if queue in missing:
        await _create(admin, [TopicSpec(queue, BROKERS_DEFAULT)])
        existing |= await persistent(lambda: _appeared(admin, queue), ANSWER_S)
        missing.remove(queue)
    largest = int((await admin.config(queue)).get("max.message.bytes") or DEFAULT_MAX_MESSAGE)
    info = existing[queue]
    await _create(admin, [_spec(topic, info, largest, routes) for topic in missing])
    state = state_topic(routes.dead_letters)
    if create and state not in existing:
        await _offer(admin, TopicSpec(state, info.partitions, info.replication, COMPACT))
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


def _spec(name: str, queue: TopicInfo, largest: int, routes: Routes) -> TopicSpec:
    if routes.suppressing and name == routes.suppressing.topic:
        configs = {"cleanup.policy": "compact"}
    else:
        configs = {"cleanup.policy": "delete", "max.message.bytes": str(largest + HEADROOM)}
        if name != routes.results:
            configs["retention.ms"] = str(PARKED_MS)
    return TopicSpec(name, queue.partitions, queue.replication, configs)
