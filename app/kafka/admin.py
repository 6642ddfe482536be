"""Topics and committed offsets, as the brokers know them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupIdNotFound,
    GroupLoadInProgressError,
    IncompatibleBrokerVersion,
    KafkaError,
    TopicAlreadyExistsError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.admin import DeleteGroupsRequest
from aiokafka.protocol.metadata import MetadataRequest

from app.domain.errors import Fatal
from app.domain.record import Partition
from app.kafka.bounded import bounded, closed
from app.kafka.rights import GroupRightsRequest, Right, TopicRightsRequest, rights_in
from app.kafka.topic_changes import ConfigChangeRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.kafka.config import KafkaConfig

NO_OFFSET = -1
# The client's two ways to say that a broker has no such call, or none in a version known here.
_LACKED_BY_THE_BROKER = (IncompatibleBrokerVersion, NotImplementedError)


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """A topic to create; -1 for partitions or replication takes the broker's default."""

    name: str
    partitions: int
    replication: int = -1
    configs: Mapping[str, str] = field(default_factory=dict)


class TopicInfo(NamedTuple):
    partitions: int
    replication: int


class Committed(NamedTuple):
    """`offset` is -1 where the group has none."""

    offset: int
    metadata: str


class Admin:
    """One connection for questions; each is bounded by `answer_s`, else the request time-out."""

    def __init__(self, config: KafkaConfig, *, answer_s: float | None = None) -> None:
        self._config = config
        self._bound = config.request_timeout_s if answer_s is None else answer_s
        self._client: Any = None

    async def __aenter__(self) -> Self:
        client = AIOKafkaAdminClient(**self._config.client_options())
        try:
            await bounded(client.start(), self._bound)
        except BaseException:
            await closed(client.close(), "admin client", 1.0)
            raise
        self._client = client
        return self

    async def __aexit__(self, *_: object) -> None:
        await closed(self._client.close(), "admin client", 2.0)

    async def topics(self, names: Sequence[str] | None = None) -> dict[str, TopicInfo]:
        """Those of `names` that exist (all topics when None)."""
        infos = {}
        for topic in await self._described(names):
            # An unknown topic comes back with an error code and without partitions.
            if topic["partitions"]:
                replication = min(len(part["replicas"]) for part in topic["partitions"])
                infos[topic["topic"]] = TopicInfo(len(topic["partitions"]), replication)
        return infos

    async def _answer(self, request: Any, broker: int | None = None) -> Any:
        """To what the library has no call for."""
        sending = self._client._send_request(request, broker)  # noqa: SLF001 - no public way
        return await bounded(sending, self._bound)

    async def _described(self, names: Sequence[str] | None) -> list[dict[str, Any]]:
        # The library's own way of asking makes the brokers create a topic that is asked for by
        # name, where they are configured so.
        question = MetadataRequest(
            None if names is None else list(names), allow_auto_topic_creation=False
        )
        answer = await self._answer(question)
        topics: list[dict[str, Any]] = answer.to_object()["topics"]
        return topics

    async def create(self, specs: Iterable[TopicSpec]) -> list[str]:
        """Create what is missing and give the names created; `Fatal` when a broker refuses."""
        wanted = list(specs)
        if not wanted:
            return []
        response = await bounded(
            self._client.create_topics([_new_topic(spec) for spec in wanted]),
            self._bound,
        )
        created = []
        for name, code, *rest in response.topic_errors:
            error = for_code(code)
            if not code:
                created.append(name)
            elif error is TopicAuthorizationFailedError:
                raise Fatal(
                    f"topic {name} could not be created: Kafka does not grant CREATE on it (or "
                    f"{Right.DESCRIBE}, should it be there already)"
                )
            elif error is not TopicAlreadyExistsError:
                reason = next((text for text in rest if text), None)
                raise Fatal(f"topic {name} could not be created: {_said(code, reason)}")
        return created

    async def config(self, topic: str) -> dict[str, str]:
        """The effective configuration of one topic; `Fatal` when we may not see it."""
        return (await self.topic_configs([topic]))[topic]

    async def topic_configs(self, topics: Sequence[str]) -> dict[str, dict[str, str]]:
        """As `config`, of several topics that exist."""
        if not topics:
            return {}
        responses = await bounded(
            self._client.describe_configs(
                [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
            ),
            self._bound,
        )
        found: dict[str, dict[str, str]] = {topic: {} for topic in topics}
        for response in responses:
            for code, _, _, topic, entries in response.resources:
                if code:
                    error = for_code(code)
                    if error is TopicAuthorizationFailedError:
                        raise Fatal(
                            "Kafka does not grant what is needed: "
                            f"{Right.DESCRIBE_CONFIGS} on topic {topic}"
                        )
                    raise error(f"configuration of topic {topic}")
                found[topic] |= {entry[0]: entry[1] for entry in entries}
        return found

    async def change(self, topic: str, values: Mapping[str, str]) -> None:
        """Set these of its configuration, the others stay; `Fatal` when the broker refuses."""
        try:
            answer = await self._answer(ConfigChangeRequest(topic, values))
        except _LACKED_BY_THE_BROKER:
            raise Fatal(
                f"topic {topic} could not be changed: this Kafka cannot change single values of "
                "a configuration"
            ) from None
        for code, reason, _, name in answer.responses:
            if code:
                raise Fatal(f"topic {name} could not be changed: {_said(code, reason)}")

    async def grow(self, topic: str, partitions: int) -> None:
        """Bring it to so many partitions; `Fatal` when the broker refuses."""
        try:
            await bounded(
                self._client.create_partitions({topic: NewPartitions(partitions)}), self._bound
            )
        except KafkaError as error:
            if error.retriable:
                raise
            said = error.args[0] if error.args else type(error).__name__
            raise Fatal(f"topic {topic} could not be given more partitions: {said}") from None

    async def topic_rights(self, names: Sequence[str]) -> dict[str, frozenset[Right]]:
        """What we may do with each topic; all where the broker does not tell.

        Raises what a topic's answer is instead, such as that of one created a moment ago.
        """
        try:
            response = await self._answer(TopicRightsRequest(list(names)))
        except _LACKED_BY_THE_BROKER:
            return dict.fromkeys(names, frozenset(Right))
        found = {}
        for code, name, _, _, rights in response.topics:
            if code and code != TopicAuthorizationFailedError.errno:
                raise for_code(code)(f"topic {name}")
            found[name] = frozenset() if code else rights_in(rights)
        return found

    async def group_rights(self, group: str) -> frozenset[Right]:
        """What we may do with a group; all where the broker does not tell."""
        try:
            coordinator = await bounded(self._client.find_coordinator(group), self._bound)
            response = await self._answer(GroupRightsRequest(group), coordinator)
        except GroupAuthorizationFailedError:
            return frozenset()
        except _LACKED_BY_THE_BROKER:
            return frozenset(Right)
        code, *_, rights = response.groups[0]
        if code == GroupAuthorizationFailedError.errno:
            return frozenset()
        if code:
            raise for_code(code)(f"group {group}")
        return rights_in(rights)

    async def delete_topics(self, names: Iterable[str]) -> None:
        """Delete these with all they hold, for good; raises what the answer of one is instead.

        One that is not there is passed over.
        """
        answer = await bounded(self._client.delete_topics(list(names)), self._bound)
        for name, code in answer.topic_error_codes:
            if code not in {0, UnknownTopicOrPartitionError.errno}:
                raise for_code(code)(f"topic {name}")

    async def delete_group(self, group: str) -> None:
        """Delete a group without members, and its offsets; raises what the answer is instead.

        One that is not there is passed over.
        """
        coordinator = await bounded(self._client.find_coordinator(group), self._bound)
        answer = await self._answer(DeleteGroupsRequest([group]), coordinator)
        for name, code in answer.results:
            if code not in {0, GroupIdNotFound.errno}:
                raise for_code(code)(f"group {name}")

    async def delete_before(self, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
        """Delete what stands before these offsets, for good; where each log begins now."""
        answer = await bounded(
            self._client.delete_records(
                {
                    TopicPartition(*partition): RecordsToDelete(offset)
                    for partition, offset in offsets.items()
                }
            ),
            self._bound,
        )
        return {Partition(tp.topic, tp.partition): first for tp, first in answer.items()}

    async def committed(
        self, group: str, partitions: Iterable[Partition]
    ) -> dict[Partition, Committed]:
        """The group's committed offset and metadata of every partition asked for."""
        asked = list(partitions)
        if not asked:
            return {}
        answer = await bounded(
            self._client.list_consumer_group_offsets(
                group, partitions=[TopicPartition(*partition) for partition in asked]
            ),
            self._bound,
        )
        found = {
            Partition(tp.topic, tp.partition): Committed(value.offset, value.metadata or "")
            for tp, value in answer.items()
        }
        # The client library drops group-level errors (a coordinator still loading) and answers
        # with nothing, which must never be taken for "no offset committed".
        if missing := [partition for partition in asked if partition not in found]:
            raise GroupLoadInProgressError(f"no answer about the committed offset of {missing}")
        return found


def _said(code: int, reason: str | None) -> str:
    return reason or str(for_code(code).__name__)


def _new_topic(spec: TopicSpec) -> NewTopic:
    topic = NewTopic(spec.name, 1, 1, topic_configs=dict(spec.configs))
    # The library's constructor refuses -1, the protocol's "broker's default" (KIP-464).
    topic.num_partitions = spec.partitions
    topic.replication_factor = spec.replication
    return topic
