"""Rights that Kafka does not grant."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from app.bootstrap.checkup.rights import RightFacts, judge_rights
from app.kafka import Right
from tests.support.planted.planting import Planting

WELL = RightFacts(
    needed={"email-queue": (Right.READ, Right.DESCRIBE_CONFIGS), "email-dlq": (Right.WRITE,)},
    granted={
        "email-queue": frozenset({Right.READ, Right.DESCRIBE, Right.DESCRIBE_CONFIGS}),
        "email-dlq": frozenset({Right.WRITE}),
    },
    groups={"mailers": True},
    user="mailer",
    broker="kafka-1:9092",
)
HEALTHY = partial(judge_rights, WELL)


def planted(code: str, said: str, **changes: Any) -> Planting:
    return Planting(code, said, partial(judge_rights, replace(WELL, **changes)))


PLANTED = (
    planted(
        "right_missing",
        "--allow-principal User:mailer --operation Read --operation DescribeConfigs "
        "--topic email-queue",
        granted={**WELL.granted, "email-queue": frozenset({Right.DESCRIBE})},
    ),
    planted("right_missing", "--operation Read --group mailers", groups={"mailers": False}),
    planted(
        "topic_hidden",
        "--operation Write --topic email-dlq",
        granted={"email-queue": WELL.granted["email-queue"]},
        hidden=frozenset({"email-dlq"}),
    ),
    planted("create_missing", "--operation Create", absent=("email-results",), may_create=False),
)
