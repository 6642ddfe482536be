"""Everything that is asked of Kafka: brokers first, and what they let in then all at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from app.bootstrap import configs
from app.bootstrap.checkup.brokers import BrokerFacts, judge_brokers
from app.bootstrap.checkup.cluster import CLOCK_TOLERANCE_MS, ClusterFacts, judge_cluster
from app.bootstrap.checkup.group import judge_group
from app.bootstrap.checkup.looks.brokers import goes_in_the_clear, visit_all
from app.bootstrap.checkup.looks.group import group_facts
from app.bootstrap.checkup.looks.topics import cluster_of, right_facts, topics_facts
from app.bootstrap.checkup.rights import judge_rights
from app.bootstrap.checkup.rounds import Part, guarded
from app.bootstrap.checkup.topics import judge_topics
from app.domain.clock import epoch_ms
from app.domain.finding import Area
from app.domain.record import Partition
from app.intake.checkpoint import MAX_CHARACTERS
from app.kafka import LogReader, Survey, persistent

if TYPE_CHECKING:
    from datetime import datetime

    from app.domain.finding import Finding
    from app.kafka import ClusterState, GroupState
    from app.settings import Settings


class KafkaLook:
    """One look; `seconds` bound each of its steps."""

    def __init__(self, settings: Settings, seconds: float, now: datetime) -> None:
        self._settings = settings
        self._seconds = seconds
        self._now = now
        self._config = replace(configs.kafka_config(settings), request_timeout_s=seconds)
        self._routes = configs.routes(settings)
        group = settings.kafka_group_id
        self._groups = (group, f"{group}-retry")
        self._broker = self._config.brokers[0]

    async def look(self) -> list[Finding]:
        """Brokers alone, where none lets us in."""
        named, others = await visit_all(self._config, self._seconds)
        clear = goes_in_the_clear(self._config, others)
        brokers = judge_brokers(BrokerFacts(named, others, clear), self._now)
        inside = tuple(each.broker for each in named if each.let_in)
        if not inside:
            return brokers
        self._broker = inside[0]
        # The library would try the others at length.
        self._config = replace(self._config, brokers=inside)
        survey = Part(Area.TOPICS, "all", self._survey)
        return [*brokers, *await guarded(survey, 2 * self._seconds)]

    async def _survey(self) -> list[Finding]:
        async with Survey(self._config, answer_s=self._seconds) as survey:
            cluster = await persistent(lambda: cluster_of(survey, self._routes), self._seconds)
            parts = (
                Part(Area.BROKERS, "all", lambda: self._cluster(survey, cluster)),
                Part(Area.TOPICS, "all", lambda: self._topics(survey, cluster)),
                Part(Area.GROUP, self._groups[0], lambda: self._rights_and_groups(survey, cluster)),
            )
            found = await asyncio.gather(*(guarded(part, self._seconds) for part in parts))
        return [finding for each in found for finding in each]

    async def _cluster(self, survey: Survey, cluster: ClusterState) -> list[Finding]:
        facts = ClusterFacts(
            session_s=configs.group_times(self._settings).session_s,
            checkpoint_characters=MAX_CHARACTERS,
            config=await survey.broker_config(min(cluster.brokers)),
            ahead_ms=await self._ahead(cluster),
        )
        return judge_cluster(facts)

    async def _ahead(self, cluster: ClusterState) -> dict[str, int]:
        """How far the queue's records reach into the future, where they do."""
        queue = self._routes.schedule.queue
        if not (partitions := _partitions(cluster, {queue})):
            return {}
        now = epoch_ms()
        async with LogReader(self._config) as reader:
            times = await reader.time_after(partitions, now + CLOCK_TOLERANCE_MS)
        found = [each for each in times.values() if each is not None]
        return {queue: max(found) - now} if found else {}

    async def _topics(self, survey: Survey, cluster: ClusterState) -> list[Finding]:
        config = await survey.configs(list(cluster.topics))
        create = self._settings.kafka_create_topics
        return judge_topics(
            topics_facts(cluster, config, self._routes, broker=self._broker, create=create)
        )

    async def _rights_and_groups(self, survey: Survey, cluster: ClusterState) -> list[Finding]:
        states = await asyncio.gather(
            *(persistent(partial(survey.group, name), self._seconds) for name in self._groups)
        )
        may = {name: state.may_read for name, state in zip(self._groups, states, strict=True)}
        rights = right_facts(
            cluster,
            may,
            self._routes,
            user=_principal(self._settings),
            broker=self._broker,
            create=self._settings.kafka_create_topics,
        )
        groups = await asyncio.gather(
            *(
                self._group(name, state, cluster)
                for name, state in zip(self._groups, states, strict=True)
                if state.may_read
            )
        )
        return [*judge_rights(rights), *(finding for each in groups for finding in each)]

    async def _group(self, name: str, state: GroupState, cluster: ClusterState) -> list[Finding]:
        queue = self._routes.schedule.queue
        is_main = name == self._groups[0]
        schedule = self._routes.schedule
        tiers = {topic for topic in cluster.topics if schedule.is_tier(topic)}
        topics = {queue} if is_main else tiers | set(schedule.topics)
        settings = self._settings
        apart = is_main and bool(settings.dedup_window) and settings.state_url is None
        return judge_group(
            await group_facts(
                self._config,
                name,
                state,
                _partitions(cluster, topics),
                topics=frozenset(topics),
                queue=queue if is_main else "",
                remembers_apart=apart,
            )
        )


def _partitions(cluster: ClusterState, topics: set[str]) -> list[Partition]:
    return [
        Partition(topic, number)
        for topic in sorted(topics & set(cluster.topics))
        for number in range(len(cluster.topics[topic].partitions))
    ]


def _principal(settings: Settings) -> str:
    """Who we are to Kafka's access control, as far as the settings tell."""
    if settings.kafka_security_protocol == "PLAINTEXT":
        return "ANONYMOUS"
    return settings.kafka_sasl_username or "<its principal>"
