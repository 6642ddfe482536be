"""Which topics the settings ask for, and what is to be done about those that the cluster has."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from app.kafka import TopicSpec
from app.outcomes.dead_letters import state_topic

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.kafka import TopicInfo
    from app.outcomes import Routes

BROKERS_DEFAULT: Final = -1
# What our headers may add to a record on its way through the tiers.
HEADROOM: Final = 64 * 1024
PARKED_MS: Final = 30 * 24 * 3600 * 1000
DEFAULT_MAX_MESSAGE: Final = 1_048_588

POLICY: Final = "cleanup.policy"
RETENTION: Final = "retention.ms"
LARGEST: Final = "max.message.bytes"
COMPACT: Final = "compact"
DELETE: Final = "delete"

_DAY_MS: Final = 24 * 3600 * 1000
_UNLIMITED: Final = -1


class Purpose(StrEnum):
    """What a topic holds."""

    QUEUE = "queue"
    TIER = "retry tier"
    DEAD_LETTERS = "dead letters"
    RESULTS = "results"
    SUPPRESSIONS = "suppressions"
    STATE = "what was replayed"


_COMPACTED: Final = frozenset({Purpose.SUPPRESSIONS, Purpose.STATE})
# What is written there with headers of ours more than in the queue.
_WIDER: Final = frozenset({Purpose.TIER, Purpose.DEAD_LETTERS})


@dataclass(frozen=True, slots=True)
class Wanted:
    """A topic that the settings ask for; `delay_s` is a tier's."""

    name: str
    purpose: Purpose
    delay_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Existing:
    """A topic as the cluster has it: `configs` are those in effect."""

    info: TopicInfo
    configs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """A value of a topic that is to be another; `why` is for people."""

    name: str
    before: str
    after: str
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is to be done about one topic: create it, or change what it has.

    `orphaned`: a tier of an earlier configuration, which is read, and which nothing is done about.
    """

    wanted: Wanted
    existing: Existing | None = None
    create: TopicSpec | None = None
    grow: Change | None = None
    changes: tuple[Change, ...] = field(default=())
    orphaned: bool = False

    @property
    def needed(self) -> bool:
        return self.create is not None or self.grow is not None or bool(self.changes)


def wanted_topics(routes: Routes) -> list[Wanted]:
    """Those that the service needs, and last the one that replays need; the queue first."""
    schedule = routes.schedule
    found = [Wanted(schedule.queue, Purpose.QUEUE)]
    found += [Wanted(schedule.topic(delay), Purpose.TIER, delay) for delay in schedule.tiers]
    found.append(Wanted(routes.dead_letters, Purpose.DEAD_LETTERS))
    if routes.results:
        found.append(Wanted(routes.results, Purpose.RESULTS))
    if routes.suppressing:
        found.append(Wanted(routes.suppressing.topic, Purpose.SUPPRESSIONS))
    found.append(Wanted(state_topic(routes.dead_letters), Purpose.STATE))
    return found


def creation(wanted: Wanted, partitions: int, replication: int, largest: int) -> TopicSpec:
    """How it is created; `largest` is the `max.message.bytes` of the queue."""
    configs: dict[str, str] = {}
    if wanted.purpose in _COMPACTED:
        configs = {POLICY: COMPACT}
    elif wanted.purpose is not Purpose.QUEUE:
        configs = {POLICY: DELETE, LARGEST: str(largest + HEADROOM)}
        if wanted.purpose is not Purpose.RESULTS:
            configs[RETENTION] = str(PARKED_MS)
    return TopicSpec(wanted.name, partitions, replication, configs)


def plan(
    routes: Routes,
    existing: Mapping[str, Existing],
    *,
    partitions: int | None = None,
    replication: int | None = None,
) -> list[Step]:
    """A step for each topic, in the order in which they are to be done.

    `existing` holds all that the cluster has of the wanted ones and of the queue's tiers.
    `partitions` is what the queue shall have at least; `replication` counts for new topics.
    """
    queue = existing.get(routes.schedule.queue)
    has = queue.info.partitions if queue else BROKERS_DEFAULT
    of_queue = max(has, partitions or BROKERS_DEFAULT)
    copies = replication or (queue.info.replication if queue else BROKERS_DEFAULT)
    largest = int((queue.configs.get(LARGEST) if queue else None) or DEFAULT_MAX_MESSAGE)
    steps = []
    wanted = wanted_topics(routes)
    for each in wanted:
        there = existing.get(each.name)
        if there is None:
            steps.append(Step(each, create=creation(each, of_queue, copies, largest)))
        else:
            grow = _growth(each, there, of_queue)
            steps.append(
                Step(each, there, grow=grow, changes=tuple(_changes(each, there, largest)))
            )
    names = {each.name for each in wanted}
    for name in sorted(existing.keys() - names):
        delay = routes.schedule.tier_delay(name) or 0.0
        steps.append(Step(Wanted(name, Purpose.TIER, delay), existing[name], orphaned=True))
    return steps


def _growth(wanted: Wanted, there: Existing, of_queue: int) -> Change | None:
    # More partitions would part what is compacted from what it replaces.
    has = there.info.partitions
    if wanted.purpose in _COMPACTED or has >= of_queue:
        return None
    asked = (
        "--partitions asks for it" if wanted.purpose is Purpose.QUEUE else "as many as the queue"
    )
    return Change("partitions", str(has), str(of_queue), asked)


def _changes(wanted: Wanted, there: Existing, largest: int) -> Sequence[Change]:
    found = []
    policy = there.configs.get(POLICY, DELETE)
    if wanted.purpose in _COMPACTED:
        if policy != COMPACT:
            found.append(Change(POLICY, policy, COMPACT, "else entries are lost with time"))
    elif COMPACT in policy:
        why = "compaction would delete mail of the same key"
        found.append(Change(POLICY, policy, DELETE, why))
    has = int(there.configs.get(LARGEST) or DEFAULT_MAX_MESSAGE)
    if wanted.purpose in _WIDER and has < largest + HEADROOM:
        why = "what the queue takes has to fit, with our headers"
        found.append(Change(LARGEST, str(has), str(largest + HEADROOM), why))
    if wanted.purpose is Purpose.TIER:
        kept = int(there.configs.get(RETENTION) or _UNLIMITED)
        if _UNLIMITED < kept < _shortest_ms(wanted):
            why = "else mail is deleted while it waits"
            found.append(Change(RETENTION, str(kept), str(PARKED_MS), why))
    return found


def _shortest_ms(tier: Wanted) -> int:
    """How long a tier must keep mail: its wait, and a day on which nobody reads."""
    return round(tier.delay_s * 1000) + _DAY_MS
