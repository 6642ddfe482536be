"""Visits to the brokers, one connection each."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup.brokers import (
    CERTIFICATE,
    LOGIN,
    SETUP,
    UNREACHABLE,
    BrokerSeen,
)
from app.kafka import KafkaError, Refusal, reason_of, refusal_of, visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.kafka import KafkaConfig

_FAULTS: Final = {
    Refusal.CERTIFICATE: CERTIFICATE,
    Refusal.LOGIN: LOGIN,
    Refusal.PROTOCOL: SETUP,
    Refusal.AWAY: UNREACHABLE,
}


async def visit_all(
    config: KafkaConfig, seconds: float
) -> tuple[tuple[BrokerSeen, ...], dict[int, BrokerSeen]]:
    """Those of KAFKA_BROKERS, and by id those that these name and which are not among them."""
    visits = await asyncio.gather(*(_visited(config, each, seconds) for each in config.brokers))
    told: dict[int, str] = {}
    for _, brokers in visits:
        told |= brokers
    others = {number: each for number, each in told.items() if each not in config.brokers}
    further = await asyncio.gather(*(_visited(config, each, seconds) for each in others.values()))
    named = tuple(seen for seen, _ in visits)
    return named, dict(zip(others, (seen for seen, _ in further), strict=True))


def goes_in_the_clear(config: KafkaConfig, brokers: Mapping[int, BrokerSeen]) -> bool:
    """Whether the password itself travels without TLS, to another machine."""
    if config.security_protocol != "SASL_PLAINTEXT" or config.sasl_mechanism not in {
        None,
        "PLAIN",
        "OAUTHBEARER",
    }:
        return False
    everywhere = [*config.brokers, *(each.broker for each in brokers.values())]
    return not all(_is_here(each.rpartition(":")[0]) for each in everywhere)


async def _visited(
    config: KafkaConfig, broker: str, seconds: float
) -> tuple[BrokerSeen, Mapping[int, str]]:
    began = time.monotonic()
    try:
        visited = await visit(config, broker, seconds)
    except (KafkaError, OSError, TimeoutError, ValueError) as error:
        fault = _FAULTS[refusal_of(error)]
        return BrokerSeen(broker, fault=fault, reason=reason_of(error, config)), {}
    taken = time.monotonic() - began
    return BrokerSeen(broker, taken, visited.release, visited.tls), visited.brokers


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
