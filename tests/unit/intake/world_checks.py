"""What has to hold in every world."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.intake.world_parts import Broken

if TYPE_CHECKING:
    from app.intake.assigned import Assigned
    from tests.unit.intake.world import World
    from tests.unit.intake.world_parts import Member, Place


def check(world: World) -> None:
    accounted = world.done | world.forgotten | world.named
    for part, log in world.logs.items():
        handed_out = world.handed_out(part)
        for offset in log.offsets:
            if (part, offset) not in accounted and offset not in handed_out:
                raise Broken(f"{part.number}/{offset} is lost to whoever resumes")
    for member in world.members:
        for state in member.holdings.states.values():
            if state.ledger is not None:
                _check_owner(world, member, state, accounted)


def _check_owner(world: World, member: Member, state: Assigned, accounted: set[Place]) -> None:
    part, ledger = state.partition, state.ledger
    log = world.logs[part]
    if ledger is None or ledger.position > log.end:
        return  # noticed at the next poll
    in_hand = {claim.offset for claim in member.claims if claim.epoch == ledger.epoch}
    coming = {record.offset for record in state.leftover} | set(state.replay)
    given_up = set(ledger.unsettled) if member.holdings.draining else set()
    vanished = {offset for gone, offset in world.vanished if gone == part}
    for offset in {*log.offsets, *vanished}:
        if (part, offset) in accounted or offset in in_hand | coming | given_up:
            continue
        if offset < min(ledger.position, member.fetch[part]) or offset < member.fetch[part]:
            raise Broken(f"{part.number}/{offset} is skipped by its owner")
