"""Settings that contradict each other."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from app.bootstrap.checkup.contradictions import MIB, SettingFacts, judge_settings
from tests.support.planted.planting import Planting

WELL = SettingFacts(
    workers=10,
    connections=10,
    drain_s=20,
    rebalance_s=35,
    shutdown_s=30,
    attempt_s=60,
    sender=True,
    memory=256 * MIB,
    first_retry_s=30,
    ttl=(("receipt", 3600.0),),
    memory_limit=None,
    given=5,
)
HEALTHY = partial(judge_settings, WELL)


def planted(code: str, said: str, **changes: Any) -> Planting:
    return Planting(code, said, partial(judge_settings, replace(WELL, **changes)))


PLANTED = (
    planted("setting_odd", "kafka-mailer config", notices=("SMTP_PASSWORD is set in vain",)),
    planted("workers_above_connections", "EMAIL_WORKERS_MAX", workers=11),
    planted("drain_not_below_rebalance", "KAFKA_DRAIN_TIMEOUT", drain_s=35),
    planted("shutdown_below_attempt", "SHUTDOWN_TIMEOUT", shutdown_s=20),
    planted("no_sender", "EMAIL_FROM", sender=False),
    planted("staging", "EMAIL_DRY_RUN", staging=(("EMAIL_DRY_RUN", "no mail is sent"),)),
    planted("memory_above_limit", "to 18MiB", memory_limit=128 * MIB, memory_fits=18 * MIB),
    planted("ttl_below_retry", "RETRY_DELAYS", ttl=(("password_reset", 10.0),)),
)
