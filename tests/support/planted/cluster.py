"""Clusters whose configuration or clock does not suit the service."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from app.bootstrap.checkup.cluster import ClusterFacts, judge_cluster
from tests.support.planted.planting import Planting

CONFIG = {
    "group.min.session.timeout.ms": "6000",
    "group.max.session.timeout.ms": "1800000",
    "offset.metadata.max.bytes": "4096",
    "offsets.retention.minutes": "10080",
}
WELL = ClusterFacts(10, 4096, CONFIG, {"email-queue": 500})
HEALTHY = partial(judge_cluster, WELL)


def planted(code: str, said: str, **changes: Any) -> Planting:
    return Planting(code, said, partial(judge_cluster, replace(WELL, **changes)))


def configured(code: str, name: str, value: str) -> Planting:
    return planted(code, name, config={**CONFIG, name: value})


PLANTED = (
    planted("clock_apart", "NTP", ahead_ms={"email-queue": 600_000}),
    configured("session_refused", "group.min.session.timeout.ms", "20000"),
    configured("checkpoint_room", "offset.metadata.max.bytes", "1024"),
    configured("offsets_forgotten", "offsets.retention.minutes", "60"),
)
