"""Brokers that are away, are somebody else, or are set up against the service."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from app.bootstrap.checkup.brokers import (
    CERTIFICATE,
    LOGIN,
    SETUP,
    UNREACHABLE,
    BrokerFacts,
    BrokerSeen,
    judge_brokers,
)
from tests.support.planted.planting import NOW, Planting, certificate

KAFKA_1 = BrokerSeen("kafka-1:9093", 0.004, "4.0", certificate(90))
WELL = BrokerFacts((KAFKA_1,))
HEALTHY = partial(judge_brokers, WELL, NOW)


def planted(code: str, said: str, **changes: Any) -> Planting:
    return Planting(code, said, partial(judge_brokers, replace(WELL, **changes), NOW))


def refused(fault: Any, reason: str) -> BrokerSeen:
    return BrokerSeen("kafka-2:9093", fault=fault, reason=reason)


PLANTED = (
    planted("broker_unreachable", "firewall", named=(refused(UNREACHABLE, "no answer"),)),
    planted("broker_away", "KAFKA_BROKERS", named=(KAFKA_1, refused(UNREACHABLE, "no answer"))),
    planted(
        "broker_advertised",
        "advertised.listeners",
        advertised={2: refused(UNREACHABLE, "Name or service not known")},
    ),
    planted(
        "broker_certificate",
        "KAFKA_SSL_CA_FILE",
        named=(refused(CERTIFICATE, "the broker's certificate is not trusted"),),
    ),
    planted("broker_login", "KAFKA_SASL_USERNAME", named=(refused(LOGIN, "the login is refused"),)),
    planted("broker_protocol", "KAFKA_SECURITY_PROTOCOL", named=(refused(SETUP, "TLS fails"),)),
    planted("broker_certificate_ends", "Renew", named=(replace(KAFKA_1, tls=certificate(20)),)),
    planted("kafka_password_in_clear", "SASL_SSL", in_the_clear=True),
    planted("broker_old", "Upgrade", named=(replace(KAFKA_1, release=None),)),
)
