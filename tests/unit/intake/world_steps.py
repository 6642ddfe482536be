"""What can happen next in a world."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.record import Partition
    from tests.unit.intake.world import World
    from tests.unit.intake.world_parts import Member, Step


def steps(world: World) -> Iterator[Step]:
    for number, member in enumerate(world.members):
        yield from _of_member(world, number, member)
        if any(sender == number for sender, _, _ in world.wire):
            yield "deliver", number, True
            if world.budget["answer"]:
                yield "deliver", number, False
            if world.budget["lose"]:
                yield "lose", number
    if world.preparing and world.generation < world.rules.generations:
        joined = [n for n, one in enumerate(world.members) if one.phase == "joining"]
        if joined and world.group <= set(joined):
            yield "complete", (joined[0], joined[-1])
            if len(joined) > 1:
                yield "complete", (joined[-1], joined[0])
    if not world.preparing and world.group and world.budget["shuffle"]:
        yield ("shuffle",)
    yield from _of_operator(world)


def _of_member(world: World, number: int, member: Member) -> Iterator[Step]:
    if member.phase == "down":
        yield ("notice", number) if number in world.group else ("restart", number)
        return
    if member.phase == "joining":
        if not world.preparing:
            yield "join", number
    else:
        yield from _of_fate(world, number)
    yield from _of_work(world, number, member)
    if member.phase == "draining":
        yield from _of_drain(world, number, member)
    elif member.phase == "working":
        if world.preparing or number not in world.group:
            yield "drain", number
        if member.pending is None and member.drafts.changed():
            yield "commit", number
        yield from _of_reading(world, number, member)


def _of_fate(world: World, number: int) -> Iterator[Step]:
    if world.budget["crash"]:
        yield "crash", number
    if world.budget["kick"] and number in world.group:
        yield "kick", number


def _of_work(world: World, number: int, member: Member) -> Iterator[Step]:
    for claim in member.claims:
        if claim not in member.barred:
            yield "finish", number, claim
    if member.pending and not any(sender == number for sender, _, _ in world.wire):
        yield "send", number
    if member.wrote and not member.drafts.verified:
        yield "verify", number
    for part in member.read:
        yield "begin", number, part


def _of_drain(world: World, number: int, member: Member) -> Iterator[Step]:
    for claim in member.claims:
        if member.ledger.is_current(claim):
            yield "give_up", number, claim
    if not any(ledger.in_hand for ledger in member.holdings.ledgers()):
        yield "final", number, True
        if world.budget["fail"]:
            yield "final", number, False
    elif world.budget["cut"]:
        yield "cut", number


def _of_reading(world: World, number: int, member: Member) -> Iterator[Step]:
    for part, state in member.holdings.states.items():
        if state.ledger is None:
            if part not in member.read:
                yield "ask", number, part
        elif state.leftover:
            yield "submit", number, part
        elif member.fetch[part] != world.logs[part].end or state.replay:
            yield "poll", number, part


def _of_operator(world: World) -> Iterator[Step]:
    for part, log in world.logs.items():
        if world.budget["retain"] and log.offsets:
            yield "retain", part
        if world.budget["reset"] and not world.group:
            for offset in (log.first, log.end):
                yield "reset", part, offset, ""
            yield "reset", part, log.first, world.committed[part].metadata
        if world.budget["recreate"] and _clearly_longer(world, part):
            yield "recreate", part


def _clearly_longer(world: World, part: Partition) -> bool:
    """Whether every position known of the old log lies beyond the new one's end, which is 1.

    Otherwise offsets alone cannot tell that it is another log.
    """
    known = [world.committed[part].offset]
    for member in world.members:
        state = member.holdings.states.get(part)
        if state is not None:
            known.append(state.ledger.position if state.ledger else -1)
            known.append(-1 if state.leftover else known[0])
    pending = any(member.pending or member.read for member in world.members)
    return min(known) > 1 and not world.wire and not pending
