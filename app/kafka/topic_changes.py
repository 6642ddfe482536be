"""Changing single values of a topic's configuration (KIP-339), the others left as they are.

The client library has the older request only, which sets back whatever it does not name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeAlias

from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int8, Int16, Int32, Schema, String
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOPIC: Final = 2
_SET: Final = 0


class _AlterResponse(Response):  # type: ignore[misc]  # the library is untyped
    API_KEY = 44
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "responses",
            Array(
                ("error_code", Int16),
                ("error_message", String("utf-8")),
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
            ),
        ),
    )


class _AlterRequest_v0(RequestStruct):  # type: ignore[misc]  # noqa: N801 - as the library's
    API_KEY = 44
    API_VERSION = 0
    RESPONSE_TYPE = _AlterResponse
    SCHEMA = Schema(
        (
            "resources",
            Array(
                ("resource_type", Int8),
                ("resource_name", String("utf-8")),
                (
                    "configs",
                    Array(
                        ("name", String("utf-8")),
                        ("config_operation", Int8),
                        ("value", String("utf-8")),
                    ),
                ),
            ),
        ),
        ("validate_only", Boolean),
    )


_AlterStruct: TypeAlias = _AlterRequest_v0


class ConfigChangeRequest(Request[_AlterStruct]):  # type: ignore[misc]  # the library is untyped
    API_KEY: ClassVar[int] = 44

    def __init__(self, topic: str, values: Mapping[str, str]) -> None:
        self._topic = topic
        self._values = dict(values)

    @override
    def build(self, request_struct_class: Any) -> Any:
        configs = [(name, _SET, value) for name, value in self._values.items()]
        return request_struct_class([(_TOPIC, self._topic, configs)], False)
