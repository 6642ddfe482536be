"""No order of events loses or silently skips an offset, or sends twice what was recorded.

Every reachable state is looked at, within the bounds of a scenario. The faults below are what the
search has to find: each is a mistake that a service of this kind has made.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING

import pytest

from app.domain.claim import Claim
from app.domain.record import Partition
from app.intake.drafts import Draft, Drafts
from app.intake.holdings import Holdings
from app.intake.ledger import CommitPolicy, Ledger, PartitionLedger
from app.intake.resume import Plan
from app.kafka import Commit
from tests.unit.intake.world import World
from tests.unit.intake.world_key import key_of
from tests.unit.intake.world_parts import Broken, Log, Rules, Step
from tests.unit.intake.world_steps import steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.intake.assigned import Assigned

ONE = Log(0, 1, (0,))
TWO = Log(0, 2, (0, 1))

SCENARIOS = {
    "work": Rules((TWO,), members=1, generations=1, budget=(("answer", 1), ("lose", 1))),
    "crash": Rules((TWO,), members=1, generations=2, budget=(("crash", 1),)),
    "hand over": Rules((ONE,), generations=2, budget=(("shuffle", 1), ("cut", 1), ("lose", 1))),
    "give back": Rules((ONE,), generations=3, budget=(("shuffle", 2),)),
    "last one lost": Rules((ONE,), generations=2, budget=(("shuffle", 1), ("fail", 1))),
    "thrown out": Rules((ONE,), generations=2, budget=(("kick", 1),)),
    "gaps": Rules((Log(0, 5, (1, 3)),), members=1, generations=2, budget=(("crash", 1),)),
    "retention": Rules(
        (Log(0, 3, (1,)),), members=1, generations=2, budget=(("crash", 1), ("retain", 1))
    ),
    "reset": Rules((ONE,), members=1, generations=2, budget=(("crash", 1), ("reset", 1))),
    "created anew": Rules((TWO,), members=1, generations=1, budget=(("recreate", 1),)),
    "no metadata": Rules(
        (TWO,),
        members=1,
        generations=2,
        budget=(("crash", 1),),
        keeps_metadata=False,
        trusts_at_once=False,
    ),
}
LARGE = Rules(
    (TWO, Log(0, 6, (0, 2, 3))),
    generations=6,
    budget=tuple((what, 2) for what in ("shuffle", "crash", "cut", "lose", "answer", "fail")),
)
RETURNED = Rules((ONE,), generations=3, budget=(("shuffle", 2), ("cut", 1)))
MOST_STATES = 12_000


def explore(rules: Rules, most: int = MOST_STATES) -> int:
    """How many states there are; raises `Broken`, with the way there, at the first bad one."""
    start = World.new(rules)
    seen = {key_of(start)}
    waiting: list[tuple[World, tuple[Step, ...]]] = [(start, ())]
    while waiting:
        world, way = waiting.pop()
        for step in steps(world):
            try:
                then = world.after(step)
            except Broken as broken:
                raise Broken(f"{broken}, after {[*way, step]}") from None
            key = key_of(then)
            if key not in seen:
                seen.add(key)
                waiting.append((then, (*way, step)))
                assert len(seen) <= most, "the scenario is too large to be searched whole"
    return len(seen)


@pytest.mark.parametrize("name", SCENARIOS)
def test_no_reachable_state_loses_skips_or_repeats_an_offset(name: str) -> None:
    assert explore(SCENARIOS[name]) > 30


@pytest.mark.parametrize("name", ["work", "hand over", "retention", "no metadata"])
def test_nor_does_any_where_settled_offsets_are_committed(name: str) -> None:
    assert explore(replace(SCENARIOS[name], policy=CommitPolicy.SETTLED)) > 30


@pytest.mark.parametrize("policy", CommitPolicy)
def test_no_long_way_through_two_members_and_two_partitions_loses_an_offset(
    policy: CommitPolicy,
) -> None:
    """Too large to be searched whole: seeded ways through it."""
    ended = 0
    for seed in range(40):
        rng, world = Random(seed), World.new(replace(LARGE, policy=policy))
        way: list[Step] = []
        while len(way) < 80 and (possible := list(steps(world))):
            way.append(rng.choice(possible))
            try:
                world = world.after(way[-1])
            except Broken as broken:
                raise Broken(f"{broken}, after {way}") from None
        ended += len(world.done) > 2
    assert ended, "some way gets something done"


def without_metadata(drafts: Drafts, partitions: Iterable[Partition]) -> Draft:
    draft = DRAFT(drafts, partitions)
    return replace(draft, commits={p: Commit(c.offset, "") for p, c in draft.commits.items()})


def settling_nothing(ledger: PartitionLedger, offset: int) -> None:
    ledger.give_up(offset)


def dropping(ledger: PartitionLedger, offset: int) -> None:
    ledger.settle(offset)


def resuming_at_the_position(holdings: Holdings, state: Assigned, found: Plan) -> bool:
    return BEGIN(holdings, state, Plan(found.position))


def settling_under_any_epoch(ledger: Ledger, claim: Claim) -> None:
    for entry in ledger._partitions.values():
        entry.settle(claim.offset)


DRAFT = Drafts.draft
BEGIN = Holdings.begin

FAULTS: dict[str, tuple[str, object, str, Callable[..., object]]] = {
    "a commit without metadata": ("crash", Drafts, "draft", without_metadata),
    "a settled offset stays": ("hand over", PartitionLedger, "settle", settling_nothing),
    "what is given up is dropped": ("hand over", PartitionLedger, "give_up", dropping),
    "a resume at the position": ("crash", Holdings, "begin", resuming_at_the_position),
    "a stale epoch settles": ("returned", Ledger, "settle", settling_under_any_epoch),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_code_is_found(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario, owner, name, replacement = FAULTS[fault]
    monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(Broken):
        explore(RETURNED if scenario == "returned" else SCENARIOS[scenario])


@pytest.mark.parametrize(
    "rules",
    [
        pytest.param(replace(SCENARIOS["hand over"], cancels_pending=False), id="no cancelling"),
        pytest.param(replace(RETURNED, reads_for_the_assignment=False), id="an old reading"),
        pytest.param(replace(SCENARIOS["no metadata"], trusts_at_once=True), id="trust at once"),
    ],
)
def test_a_fault_in_the_order_of_things_is_found(rules: Rules) -> None:
    with pytest.raises(Broken):
        explore(rules)


def test_who_was_thrown_out_does_not_overwrite_the_checkpoint_of_a_group_that_is_empty_by_now() -> (
    None
):
    part = Partition("q", 0)
    way: list[Step] = [
        ("complete", (0, 1)),
        *((name, 0, part) for name in ("ask", "begin", "poll", "submit")),
        ("kick", 0),
        ("drain", 1),
        ("final", 1, True),
        ("complete", (1, 1)),
        *((name, 1, part) for name in ("ask", "begin", "poll", "submit")),
        ("finish", 1, Claim("q", 0, 0, 1)),
        ("commit", 1),
        ("deliver", 1, True),
        ("crash", 1),
        ("notice", 1),
        ("drain", 0),
        ("give_up", 0, Claim("q", 0, 0, 1)),
        ("final", 0, True),
        ("complete", (0, 0)),
        *((name, 0, part) for name in ("ask", "begin", "poll")),
    ]
    rules = Rules((ONE,), budget=(("kick", 1), ("crash", 1)))
    world, faulty = World.new(rules), World.new(replace(rules, commits_only_as_member=False))
    for step in way:
        if step[0] != "poll" or world.generation < 3:
            assert step in list(steps(world))
        world, faulty = world.after(step), faulty.after(step)
    assert not world.members[0].holdings.states[part].leftover
    with pytest.raises(Broken):
        faulty.after(("submit", 0, part))
