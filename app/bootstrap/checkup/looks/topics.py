"""The topics, what we may do with them, and how they are configured, asked of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap.checkup.rights import RightFacts
from app.bootstrap.checkup.topic_facts import Role, TopicFacts, TopicsFacts
from app.bootstrap.rights import needed_rights
from app.bootstrap.topic_plan import HEADROOM
from app.kafka import Right
from app.outcomes.dead_letters import state_topic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.kafka import ClusterState, Survey
    from app.kafka.survey import TopicState
    from app.outcomes import Routes


async def cluster_of(survey: Survey, routes: Routes) -> ClusterState:
    """The cluster with the service's topics, also the tiers that no setting names any more."""
    there = await survey.topics()
    tiers = {topic for topic in there if routes.schedule.is_tier(topic)}
    return await survey.cluster(sorted(tiers | set(roles_of(routes))))


def roles_of(routes: Routes) -> dict[str, Role]:
    """The topics that the settings name, the queue first."""
    roles = {
        routes.schedule.queue: Role.QUEUE,
        **dict.fromkeys(routes.schedule.topics, Role.TIER),
        routes.dead_letters: Role.DEAD_LETTERS,
    }
    if routes.results:
        roles[routes.results] = Role.RESULTS
    if routes.suppressing:
        roles[routes.suppressing.topic] = Role.REMEMBERED
    return {**roles, state_topic(routes.dead_letters): Role.REMEMBERED}


def topics_facts(
    cluster: ClusterState,
    configs: Mapping[str, Mapping[str, str]],
    routes: Routes,
    *,
    broker: str,
    create: bool,
) -> TopicsFacts:
    """`configs`: by topic, of those whose we may see."""
    roles = roles_of(routes)
    roles |= {topic: Role.TIER for topic in sorted(cluster.topics) if topic not in roles}
    # Without it only replays of dead letters cannot be done.
    optional = state_topic(routes.dead_letters)
    topics = tuple(
        _facts(name, role, cluster.topics.get(name), configs.get(name), routes)
        for name, role in roles.items()
        if create or name != optional or name in cluster.topics
    )
    return TopicsFacts(
        topics,
        broker=broker,
        brokers=len(cluster.brokers),
        create=create,
        headroom=HEADROOM,
        hidden=cluster.hidden,
    )


def _facts(
    name: str,
    role: Role,
    state: TopicState | None,
    config: Mapping[str, str] | None,
    routes: Routes,
) -> TopicFacts:
    wait_ms = round((routes.schedule.tier_delay(name) or 0) * 1000)
    if state is None:
        return TopicFacts(name, role, wait_ms=wait_ms)
    parts = state.partitions
    return TopicFacts(
        name,
        role,
        partitions=len(parts),
        replicas=min(len(each.replicas) for each in parts),
        config=config,
        wait_ms=wait_ms,
        without_leader=sum(each.leader < 0 for each in parts),
        behind=sum(len(each.in_sync) < len(each.replicas) for each in parts),
        in_sync=tuple(len(each.in_sync) for each in parts),
    )


def right_facts(
    cluster: ClusterState,
    groups: Mapping[str, bool],
    routes: Routes,
    *,
    user: str,
    broker: str,
    create: bool,
) -> RightFacts:
    """`groups`: whether each may be read."""
    tiers = [topic for topic in cluster.topics if routes.schedule.is_tier(topic)]
    needed = needed_rights(routes.schedule.queue, sorted({*tiers, *routes.schedule.topics}), routes)
    needed[routes.schedule.queue] = (Right.READ, Right.DESCRIBE_CONFIGS)
    absent = [topic for topic in needed if topic not in {*cluster.topics, *cluster.hidden}]
    return RightFacts(
        needed,
        {topic: cluster.topics[topic].rights for topic in needed if topic in cluster.topics},
        groups,
        user,
        broker,
        hidden=cluster.hidden & set(needed),
        absent=tuple(absent) if create else (),
        may_create=cluster.may_create,
    )
