"""What tells worlds apart: equal keys have equal futures.

Epochs and versions count only by comparison.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.intake.drafts import Draft
    from tests.unit.intake.world import World
    from tests.unit.intake.world_parts import Member, Step


def key_of(world: World) -> Step:
    return (
        tuple(world.logs.values()),
        tuple(world.committed.values()),
        world.generation,
        world.preparing,
        frozenset(world.group),
        tuple(_member_key(world, member) for member in world.members),
        tuple((n, gen, _draft_key(world, n, draft)) for n, gen, draft in world.wire),
        tuple(sorted(world.budget.items())),
        *map(frozenset, (world.done, world.excused, world.forgotten, world.vanished, world.named)),
    )


def _draft_key(world: World, number: int, draft: Draft | None) -> Step:
    if draft is None:
        return ()
    ledger = world.members[number].ledger
    now = [
        (entry := ledger.get(part)) and (entry.epoch == epoch, entry.version == version)
        for (part, epoch), version in draft.versions.items()
    ]
    return (*draft.commits.items(), *now)


def _member_key(world: World, member: Member) -> Step:
    number = world.members.index(member)
    changed = member.drafts.changed()
    states = []
    for part, state in member.holdings.states.items():
        ledger = state.ledger
        begun = (ledger.position, ledger.unsettled, ledger.in_hand) if ledger else ()
        leftover = tuple(record.offset for record in state.leftover)
        states.append(
            (part, begun, leftover, *state.replay, member.fetch.get(part), part in changed)
        )
    claims = [
        (
            claim[:3],
            member.ledger.is_current(claim),
            claim in member.barred,
            claim in member.old,
        )
        for claim in member.claims
    ]
    return (
        member.phase,
        member.generation,
        tuple(states),
        tuple(sorted(claims)),
        tuple(
            (part, state is member.holdings.states.get(part), found)
            for part, (state, found) in member.read.items()
        ),
        frozenset(member.taken),
        _draft_key(world, number, member.pending),
        (member.pending is None, member.wrote, member.drafts.verified, member.drafts.policy),
    )
