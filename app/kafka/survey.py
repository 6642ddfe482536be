"""What a close look at brokers, topics and groups tells; nothing is changed by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.conn import create_conn
from aiokafka.coordinator.protocol import ConsumerProtocolMemberMetadata
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
    UnknownTopicOrPartitionError,
    for_code,
)
from aiokafka.protocol.metadata import MetadataRequest

from app.domain.peer_tls import peer_tls
from app.kafka.admin import Admin
from app.kafka.bounded import bounded
from app.kafka.rights import GroupRightsRequest, Right, TopicRightsRequest, rights_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.peer_tls import PeerTls
    from app.kafka.config import KafkaConfig

NOBODY: Final = -1

_METADATA: Final = 3
_FETCH: Final = 1
# The first release that knows a request, the newest first.
_RELEASES: Final = ((71, "3.7"), (65, "3.0"), (60, "2.8"), (50, "2.7"))
_METADATA_RELEASES: Final = {9: "2.4", 8: "2.3"}


@dataclass(frozen=True, slots=True)
class Visited:
    """A broker that let us in. `release`: its Kafka is this one or newer, None for older ones.

    `brokers`: where it says that each broker of the cluster is, by id.
    """

    release: str | None
    brokers: Mapping[int, str]
    tls: PeerTls | None = None


@dataclass(frozen=True, slots=True)
class PartitionState:
    """Ids of brokers; `leader` is -1 for none."""

    leader: int
    replicas: tuple[int, ...]
    in_sync: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TopicState:
    """`configs` None: we may not see them."""

    partitions: tuple[PartitionState, ...]
    rights: frozenset[Right]
    configs: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class ClusterState:
    """`brokers`: where each tells clients to come, by id. `hidden` are topics we may not know of.

    `may_create`: whether we may create any topic.
    """

    brokers: Mapping[int, str]
    topics: Mapping[str, TopicState]
    hidden: frozenset[str] = frozenset()
    may_create: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """`topics` are those it subscribes to, None for what is no consumer."""

    client: str
    host: str
    topics: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class GroupState:
    """`state` as the coordinator names it; `may_read` False: it may not be known."""

    state: str
    members: tuple[Member, ...] = ()
    may_read: bool = True


async def visit(config: KafkaConfig, broker: str, seconds: float) -> Visited:
    """Connect to this broker, log in, and ask what whoever is not logged in may not ask.

    Raises `KafkaError`, OSError (ssl.SSLError is one) or TimeoutError.
    """
    host, _, port = broker.rpartition(":")
    return await bounded(_visit(host.strip("[]"), int(port), config), seconds)


async def _visit(host: str, port: int, config: KafkaConfig) -> Visited:
    options = config.client_options()
    del options["bootstrap_servers"]
    connection = await create_conn(host, port, **options)
    try:
        answer = (await connection.send(MetadataRequest([]))).to_object()
        brokers = {each["node_id"]: f"{each['host']}:{each['port']}" for each in answer["brokers"]}
        writer, versions = connection._writer, connection._versions  # noqa: SLF001 - not told else
        tls = writer.get_extra_info("ssl_object")
        return Visited(release_of(versions), brokers, None if tls is None else peer_tls(tls))
    finally:
        connection.close()


def release_of(versions: Mapping[int, tuple[int, int]]) -> str | None:
    """The newest Kafka that these requests, with their versions, tell of; None before 2.3.

    Kafka 4.0 has given up the oldest way of fetching (KIP-896).
    """
    if versions.get(_FETCH, (0, 0))[0] >= 4:
        return "4.0"
    if found := next((release for key, release in _RELEASES if key in versions), None):
        return found
    metadata = versions.get(_METADATA, (0, 0))[1]
    return next(
        (release for least, release in _METADATA_RELEASES.items() if metadata >= least), None
    )


class Survey(Admin):
    """An `Admin` that asks more closely."""

    async def cluster(self, names: Sequence[str]) -> ClusterState:
        """The brokers, and these topics with what we may do with them."""
        answer = await self._answer(TopicRightsRequest(list(names), cluster=True))
        topics, hidden = {}, set()
        for code, name, _, partitions, rights in answer.topics:
            if code == TopicAuthorizationFailedError.errno:
                hidden.add(name)
            elif code and code != UnknownTopicOrPartitionError.errno and not partitions:
                raise for_code(code)(f"topic {name}")
            elif partitions:
                states = tuple(_partition(*each) for each in sorted(partitions, key=lambda p: p[1]))
                topics[name] = TopicState(states, rights_in(rights))
        brokers = {node: f"{host}:{port}" for node, host, port, _ in answer.brokers}
        may_create = Right.CREATE in rights_in(answer.cluster_authorized_operations)
        return ClusterState(brokers, topics, frozenset(hidden), may_create)

    async def configs(self, topics: Sequence[str]) -> dict[str, dict[str, str]]:
        """The effective configuration of each topic whose we may see."""
        return await self._configs(ConfigResourceType.TOPIC, topics)

    async def broker_config(self, broker: int) -> dict[str, str] | None:
        """A broker's own configuration; None when we may not see it."""
        return (await self._configs(ConfigResourceType.BROKER, [str(broker)])).get(str(broker))

    async def _configs(
        self, kind: ConfigResourceType, names: Sequence[str]
    ) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        asked = [ConfigResource(kind, name) for name in names]
        responses = await bounded(self._client.describe_configs(asked), self._bound)
        return {
            resource[3]: {entry[0]: entry[1] or "" for entry in resource[4]}
            for response in responses
            for resource in response.resources
            if not resource[0]
        }

    async def group(self, group: str) -> GroupState:
        """Who is in a group, as its coordinator knows."""
        try:
            coordinator = await bounded(self._client.find_coordinator(group), self._bound)
            answer = await self._answer(GroupRightsRequest(group), coordinator)
        except GroupAuthorizationFailedError:
            return GroupState("", may_read=False)
        code, _, state, kind, _, members, rights = answer.groups[0]
        if code == GroupAuthorizationFailedError.errno:
            return GroupState("", may_read=False)
        if code:
            raise for_code(code)(f"group {group}")
        found = tuple(
            Member(client, host.lstrip("/"), _topics(metadata) if kind == "consumer" else None)
            for _, client, host, metadata, _ in members
        )
        return GroupState(state, found, Right.READ in rights_in(rights))


def _partition(
    _code: int, _number: int, leader: int, _epoch: int, replicas: Any, in_sync: Any, _gone: Any
) -> PartitionState:
    return PartitionState(leader, tuple(replicas), tuple(in_sync))


def _topics(metadata: bytes) -> frozenset[str] | None:
    """None while it joins, and for what cannot be read."""
    try:
        return frozenset(ConsumerProtocolMemberMetadata.decode(metadata).subscription)
    except (ValueError, IndexError, TypeError, KafkaError):
        return None
