"""An Apache Kafka with ACLs; a test grants rights to the service's user and withdraws them."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from aiokafka.protocol.admin import CreateAclsRequest, DeleteAclsRequest

from tests.support.backends.maven import ApacheKafka
from tests.support.kafka_clients import admin
from tests.support.secure_kafka import skip_without_apache
from tests.support.waiting import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USER: Final = "mailer"
PASSWORD: Final = "guarded"
TOPIC: Final = 2
GROUP: Final = 3
_OPERATIONS: Final = {"READ": 3, "WRITE": 4, "CREATE": 5, "DESCRIBE": 8, "DESCRIBE_CONFIGS": 10}
_ALLOW: Final = 3
_LITERAL: Final = 3
_AUTHORIZER: Final = "org.apache.kafka.metadata.authorizer.StandardAuthorizer"


class GuardedKafka:
    """Whoever comes by the plain listener may do everything; `mailer`, by the other, nothing."""

    def __init__(self, folder: Path) -> None:
        module = "org.apache.kafka.common.security.plain.PlainLoginModule"
        self.node = ApacheKafka(
            folder,
            {
                "authorizer.class.name": _AUTHORIZER,
                "super.users": "User:ANONYMOUS",
                "listener.name.login.sasl.enabled.mechanisms": "PLAIN",
                "listener.name.login.plain.sasl.jaas.config": (
                    f'{module} required user_{USER}="{PASSWORD}";'
                ),
            },
            listeners={"LOGIN": "SASL_PLAINTEXT"},
        )

    def env(self) -> dict[str, str]:
        return {
            "KAFKA_BROKERS": f"127.0.0.1:{self.node.ports['LOGIN']}",
            "KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT",
            "KAFKA_SASL_USERNAME": USER,
            "KAFKA_SASL_PASSWORD": PASSWORD,
        }

    def grant(self, kind: int, name: str, *operations: str) -> None:
        self._change(CreateAclsRequest, kind, name, operations)

    def withdraw(self, kind: int, name: str, *operations: str) -> None:
        self._change(DeleteAclsRequest, kind, name, operations)

    def _change(self, request: Any, kind: int, name: str, operations: tuple[str, ...]) -> None:
        async def change() -> None:
            async with admin(self.node.brokers) as client:
                for operation in operations:
                    number = _OPERATIONS[operation]
                    asked = request(kind, name, _LITERAL, f"User:{USER}", "*", number, _ALLOW)
                    response = await client._send_to_controller(asked)
                    assert not response.to_object().get("error_code"), response

        run(change())


@contextmanager
def guarded_kafka(folder: Path) -> Iterator[GuardedKafka]:
    """Running; skips where Apache Kafka cannot be had."""
    skip_without_apache()
    kafka = GuardedKafka(folder)
    try:
        kafka.node.start()
        yield kafka
    finally:
        kafka.node.kill()
