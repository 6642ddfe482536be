"""What the user whom we log in as may do, as the brokers tell it (KIP-430).

The client library speaks no version of these requests that tells it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Final, TypeAlias

from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    TopicAuthorizationFailedError,
)
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String
from typing_extensions import override

_NOT_TOLD: Final = -(2**31)


class Right(StrEnum):
    READ = "READ"
    WRITE = "WRITE"
    CREATE = "CREATE"
    DESCRIBE = "DESCRIBE"
    DESCRIBE_CONFIGS = "DESCRIBE_CONFIGS"


NOT_GRANTED: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)


class NotGranted(KafkaError):  # type: ignore[misc]  # the library is untyped
    """In words for an operator."""

    @override
    def __str__(self) -> str:
        return str(self.args[0])


def told(error: KafkaError) -> KafkaError:
    """A reader's error, as `NotGranted` where a right is what it wants."""
    what = "group" if isinstance(error, GroupAuthorizationFailedError) else "topic"
    if not isinstance(error, NOT_GRANTED):
        return error
    found = error.args[0] if error.args else ""
    names = ", ".join(sorted(found)) if isinstance(found, (set, frozenset)) else str(found)
    return NotGranted(f"Kafka does not grant {Right.READ} on {what} {names}")


# Kafka's AclOperation.
_BITS: Final = {
    Right.READ: 3,
    Right.WRITE: 4,
    Right.CREATE: 5,
    Right.DESCRIBE: 8,
    Right.DESCRIBE_CONFIGS: 10,
}


def rights_in(bits: int) -> frozenset[Right]:
    """All of them where the broker does not tell."""
    if bits == _NOT_TOLD:
        return frozenset(Right)
    return frozenset(right for right, bit in _BITS.items() if bits >> bit & 1)


class _TopicsResponse(Response):  # type: ignore[misc]  # the library is untyped
    API_KEY = 3
    API_VERSION = 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            Array(
                ("node_id", Int32),
                ("host", String("utf-8")),
                ("port", Int32),
                ("rack", String("utf-8")),
            ),
        ),
        ("cluster_id", String("utf-8")),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String("utf-8")),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
        ("cluster_authorized_operations", Int32),
    )


class _TopicsRequest_v8(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as the library's
    API_KEY = 3
    API_VERSION = 8
    RESPONSE_TYPE = _TopicsResponse
    SCHEMA = Schema(
        ("topics", Array(String("utf-8"))),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_authorized_operations", Boolean),
        ("include_topic_authorized_operations", Boolean),
    )


_TopicsStruct: TypeAlias = _TopicsRequest_v8


class TopicRightsRequest(Request[_TopicsStruct]):  # type: ignore[misc]  # the library is untyped
    API_KEY: ClassVar[int] = 3

    def __init__(self, topics: list[str], *, cluster: bool = False) -> None:
        """`cluster`: ask what we may do with the cluster too."""
        self._topics = topics
        self._cluster = cluster

    @override
    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(self._topics, False, self._cluster, True)


class _GroupsRequest_v3(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as the library's
    API_KEY = 15
    API_VERSION = 3
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(
        ("groups", Array(String("utf-8"))),
        ("include_authorized_operations", Boolean),
    )


_GroupsStruct: TypeAlias = _GroupsRequest_v3


class GroupRightsRequest(Request[_GroupsStruct]):  # type: ignore[misc]  # the library is untyped
    API_KEY: ClassVar[int] = 15

    def __init__(self, group: str) -> None:
        self._group = group

    @override
    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class([self._group], True)
