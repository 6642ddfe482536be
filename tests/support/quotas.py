"""Quotas that Kafka holds a client to; the client library has no call for them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

from aiokafka import AIOKafkaProducer
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String
from typing_extensions import override

from tests.support.kafka_clients import admin
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENTITY = Array(("type", String("utf-8")), ("name", String("utf-8")))


class _AlterClientQuotasResponse_v0(Response):  # type: ignore[misc]  # noqa: N801 - as the library's
    API_KEY = 49
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "entries",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("entity", _ENTITY),
            ),
        ),
    )


class _AlterClientQuotasRequest_v0(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as above
    API_KEY = 49
    API_VERSION = 0
    RESPONSE_TYPE = _AlterClientQuotasResponse_v0
    SCHEMA = Schema(
        (
            "entries",
            Array(
                ("entity", _ENTITY),
                (
                    "ops",
                    Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean)),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


_Struct: TypeAlias = _AlterClientQuotasRequest_v0


class _AlterClientQuotas(Request[_Struct]):  # type: ignore[misc]  # the library is untyped
    API_KEY: ClassVar[int] = 49

    def __init__(self, client_id: str, quotas: dict[str, float], *, remove: bool) -> None:
        ops = [(key, value, remove) for key, value in quotas.items()]
        self._entries = [([("client-id", client_id)], ops)]

    @override
    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(self._entries, False)


@contextmanager
def quotas(brokers: str, client_id: str, **found: float) -> Iterator[None]:
    """As Kafka names them: `producer_byte_rate`, `request_percentage`; gone afterwards."""
    run(_alter(brokers, client_id, found, remove=False))
    try:
        yield
    finally:
        run(_alter(brokers, client_id, found, remove=True))


def use_up(brokers: str, client_id: str, topic: str, size: int) -> int:
    """Write so many bytes under that name; the milliseconds the broker then makes it wait."""
    return run(_use_up(brokers, client_id, topic, size))


async def _use_up(brokers: str, client_id: str, topic: str, size: int) -> int:
    producer = AIOKafkaProducer(
        bootstrap_servers=brokers, client_id=client_id, acks="all", max_request_size=2 * size
    )
    waits = [0]
    really_send = producer.client.send

    async def send(*arguments: Any, **named: Any) -> Any:
        response = await really_send(*arguments, **named)
        waits.append(getattr(response, "throttle_time_ms", 0))
        return response

    producer.client.send = send
    await producer.start()
    try:
        await producer.send_and_wait(topic, bytes(size))
    finally:
        await producer.stop()
    return max(waits)


async def _alter(brokers: str, client_id: str, found: dict[str, float], *, remove: bool) -> None:
    asked = _AlterClientQuotas(client_id, found, remove=remove)
    async with admin(brokers) as client:
        response = await client._send_request(asked)
    assert not any(entry[0] for entry in response.entries), response
