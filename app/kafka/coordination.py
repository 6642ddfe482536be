"""What the client library's member of a group lacks.

A heartbeat that is refused, for want of a right, ends the library's heartbeats for good, while it
goes on to tell of the refusal. Here the member joins anew, which the brokers take once they may.

Static membership (KIP-345) is held by one process at a time. The library sends heartbeats and
commits without the instance id; a member whose place another process has taken with the same id is
told that it is unknown, and joins anew: the two would take the place from each other for ever. Here
such a member asks first, naming its id, and stays out. The brokers refuse its commits in any case:
its member id is no longer in the group.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeAlias

from aiokafka.consumer import consumer
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import KafkaError
from aiokafka.protocol.api import Request, RequestStruct
from aiokafka.protocol.group import HeartbeatResponse_v1
from aiokafka.protocol.types import Int32, Schema, String
from typing_extensions import override

FENCED_INSTANCE_ID = 82
NOBODY = ""  # the member id of who is not in a group


class InstanceFenced(KafkaError):  # type: ignore[misc]  # the library is untyped
    """Another process has taken this one's place in the group, with the same instance id."""


class _HeartbeatResponse(HeartbeatResponse_v1):  # type: ignore[misc]  # the library is untyped
    API_VERSION = 3


class _HeartbeatRequest_v3(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as the library's
    API_KEY = 12
    API_VERSION = 3
    RESPONSE_TYPE = _HeartbeatResponse
    SCHEMA = Schema(
        ("group", String("utf-8")),
        ("generation_id", Int32),
        ("member_id", String("utf-8")),
        ("group_instance_id", String("utf-8")),
    )


_Struct: TypeAlias = _HeartbeatRequest_v3


class _NamedHeartbeat(Request[_Struct]):  # type: ignore[misc]  # the library is untyped
    API_KEY: ClassVar[int] = 12

    def __init__(self, *fields: str | int) -> None:
        self._fields = fields

    @override
    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(*self._fields)


class Coordinator(GroupCoordinator):  # type: ignore[misc]  # the library is untyped
    """As the library's, but for a heartbeat that was refused, and a static member's place.

    Once another process has taken that, every attempt to join raises `InstanceFenced`.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._was = (-1, NOBODY)  # generation and member id, as last in the group
        self._fenced = False
        self._heartbeat_task: Any = None
        super().__init__(*args, **options)

    @override
    async def ensure_active_group(self, subscription: Any, prev_assignment: Any) -> Any:
        if self._group_instance_id is None:
            return await super().ensure_active_group(subscription, prev_assignment)
        if self.member_id == NOBODY and self._was[1] != NOBODY:
            await self._ask()
        self._stay_out()
        try:
            return await super().ensure_active_group(subscription, prev_assignment)
        finally:
            if self.member_id != NOBODY:
                self._was = (self.generation, self.member_id)
            self._stay_out()

    @override
    def _push_error_to_user(self, exc: Any) -> Any:
        if self._heartbeat_task is not None and self._heartbeat_task.done():
            self._heartbeat_task = None
            self.request_rejoin()
        return super()._push_error_to_user(exc)

    @override
    async def _send_req(self, request: Any) -> Any:
        response = await super()._send_req(request)
        if getattr(response, "error_code", 0) == FENCED_INSTANCE_ID:
            self._fenced = True
        return response

    async def _ask(self) -> None:
        """Find out whether it was forgotten, by a session time-out, or replaced."""
        await self._send_req(_NamedHeartbeat(self.group_id, *self._was, self._group_instance_id))

    def _stay_out(self) -> None:
        if self._fenced:
            raise InstanceFenced(self._group_instance_id)


def install() -> None:
    """Let every consumer of the process be such a member."""
    consumer.GroupCoordinator = Coordinator
