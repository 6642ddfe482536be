"""Groups that are shared, stand still, or have lost messages."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from app.bootstrap.checkup.group import GroupFacts, MemberFacts, PartitionFacts, judge_group
from tests.support.planted.planting import Planting

MEMBER = MemberFacts("kafka-mailer-a", "10.0.0.1", frozenset({"email-queue"}))
PARTITION = PartitionFacts("email-queue/0", first=0, end=120, position=100, unsettled=3)
WELL = GroupFacts(
    "mailers",
    frozenset({"email-queue"}),
    (MEMBER,),
    (PARTITION,),
    queue="email-queue",
    queue_partitions=1,
)
HEALTHY = partial(judge_group, WELL)


def planted(code: str, said: str, **changes: Any) -> Planting:
    return Planting(code, said, partial(judge_group, replace(WELL, **changes)))


def partition(code: str, said: str, **changes: Any) -> Planting:
    return planted(code, said, partitions=(replace(PARTITION, **changes),))


STRANGER = MemberFacts("billing", "10.0.0.9", frozenset({"invoices"}))

PLANTED = (
    planted("group_shared", "KAFKA_GROUP_ID", members=(MEMBER, STRANGER)),
    partition("checkpoint_unreadable", "--ignore-checkpoint", trouble="is damaged"),
    partition("deleted_unread", "retention.ms", first=110),
    partition("deleted_unsettled", "retention.ms", gone=2),
    partition("offsets_foreign", "KAFKA_GROUP_ID", foreign=True),
    planted("nobody_reads", "kafka-mailer run", members=()),
    planted("idle_members", "Add partitions", members=(MEMBER, MEMBER)),
    planted(
        "remembered_apart",
        "STATE_URL",
        members=(MEMBER, MEMBER),
        queue_partitions=2,
        remembers_apart=True,
    ),
)
