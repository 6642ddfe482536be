"""What is to be done about topics, from what there is."""

from __future__ import annotations

from typing import Any

from app.bootstrap.configs import routes
from app.bootstrap.topic_plan import HEADROOM, PARKED_MS, Existing, Purpose, Step, plan
from app.kafka import TopicInfo
from app.settings import load

LARGEST = 1_048_588
DAY_MS = 86_400_000


def _plan(existing: dict[str, Existing], **asked: Any) -> dict[str, Step]:
    settings = load({"retry_delays": "30s,2h", "kafka_topic": "q", "email_dlq_topic": "dlq"})
    steps = plan(routes(settings.settings), existing, **asked)
    return {each.wanted.name: each for each in steps}


def _topic(partitions: int = 3, /, **configs: str) -> Existing:
    known = {"cleanup.policy": "delete", "max.message.bytes": str(LARGEST), "retention.ms": "-1"}
    given = {name.replace("_", "."): value for name, value in configs.items()}
    return Existing(TopicInfo(partitions, 2), known | given)


WIDE = {"max_message_bytes": str(LARGEST + HEADROOM)}
GOOD = {
    "q": _topic(),
    "q-retry-30s": _topic(3, **WIDE),
    "q-retry-2h": _topic(3, **WIDE),
    "dlq": _topic(3, **WIDE),
    "email-results": _topic(),
    "email-suppressions": _topic(cleanup_policy="compact"),
    "dlq-state": _topic(cleanup_policy="compact"),
}


def _changes(name: str, existing: Existing, **asked: Any) -> dict[str, str]:
    step = _plan(GOOD | {name: existing}, **asked)[name]
    changes = [*step.changes, *([step.grow] if step.grow else [])]
    return {each.name: each.after for each in changes}


def test_nothing_is_to_be_done_about_what_is_good() -> None:
    steps = _plan(GOOD)
    assert not any(each.needed for each in steps.values())
    assert [each.wanted.purpose for each in steps.values()] == [
        *(Purpose.QUEUE, Purpose.TIER, Purpose.TIER, Purpose.DEAD_LETTERS),
        *(Purpose.RESULTS, Purpose.SUPPRESSIONS, Purpose.STATE),
    ]


def test_what_is_missing_is_created_like_the_queue() -> None:
    steps = _plan({"q": _topic(6, max_message_bytes="2000000")})
    assert steps["q"].create is None
    tier = steps["q-retry-2h"].create
    assert tier is not None
    assert (tier.partitions, tier.replication) == (6, 2)
    assert tier.configs == {
        "cleanup.policy": "delete",
        "max.message.bytes": str(2_000_000 + HEADROOM),
        "retention.ms": str(PARKED_MS),
    }
    for compacted in ("email-suppressions", "dlq-state"):
        spec = steps[compacted].create
        assert spec is not None
        assert spec.configs == {"cleanup.policy": "compact"}


def test_without_a_queue_the_brokers_decide_unless_told() -> None:
    spec = _plan({})["q"].create
    assert spec is not None
    assert (spec.partitions, spec.replication) == (-1, -1)
    spec = _plan({}, partitions=12, replication=3)["q-retry-30s"].create
    assert spec is not None
    assert (spec.partitions, spec.replication) == (12, 3)


def test_partitions_only_grow_and_never_those_that_are_compacted() -> None:
    assert _changes("q-retry-2h", _topic(1, **WIDE)) == {"partitions": "3"}
    assert _changes("q-retry-2h", _topic(9, **WIDE)) == {}
    assert _changes("q", _topic(), partitions=2) == {}
    assert _changes("q", _topic(), partitions=5) == {"partitions": "5"}
    assert _changes("dlq-state", _topic(1, cleanup_policy="compact"), partitions=5) == {}


def test_compaction_is_where_it_belongs() -> None:
    assert _changes("q", _topic(cleanup_policy="compact,delete")) == {"cleanup.policy": "delete"}
    for policy in ("delete", "compact,delete"):
        found = _changes("email-suppressions", _topic(cleanup_policy=policy))
        assert found == {"cleanup.policy": "compact"}


def test_a_tier_keeps_mail_for_longer_than_it_waits() -> None:
    enough = 2 * 3_600_000 + DAY_MS
    assert _changes("q-retry-2h", _topic(retention_ms=str(enough), **WIDE)) == {}
    found = _changes("q-retry-2h", _topic(retention_ms=str(enough - 1), **WIDE))
    assert found == {"retention.ms": str(PARKED_MS)}


def test_what_the_queue_takes_fits_elsewhere() -> None:
    assert _changes("dlq", _topic()) == {"max.message.bytes": str(LARGEST + HEADROOM)}


def test_a_tier_that_no_setting_names_is_left_alone() -> None:
    step = _plan(GOOD | {"q-retry-77s": _topic(1)})["q-retry-77s"]
    assert step.orphaned
    assert not step.needed
