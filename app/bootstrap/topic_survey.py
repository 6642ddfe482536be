"""Looking at the topics of the cluster, and doing what a plan says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.bootstrap.topic_plan import Existing, wanted_topics
from app.bootstrap.topics import ANSWER_S
from app.kafka import persistent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.bootstrap.topic_plan import Step
    from app.kafka import Admin
    from app.outcomes import Routes


async def survey(admin: Admin, routes: Routes) -> dict[str, Existing]:
    """What the cluster has of the topics that are wanted, and every tier of the queue."""
    names = {each.name for each in wanted_topics(routes)}
    found = {
        name: info
        for name, info in (await persistent(admin.topics, ANSWER_S)).items()
        if name in names or routes.schedule.is_tier(name)
    }
    configs = await admin.topic_configs(list(found))
    return {name: Existing(info, configs[name]) for name, info in found.items()}


async def appeared(admin: Admin, topic: str) -> None:
    """Wait until a topic that was created can be seen; TimeoutError after half a minute."""

    async def look() -> None:
        if not await admin.topics([topic]):
            raise TimeoutError(f"topic {topic} was created and has not appeared")

    await persistent(look, ANSWER_S)


async def carry_out(admin: Admin, steps: Sequence[Step], done: Callable[[Step], object]) -> None:
    """Do what the steps say, one by one, each told when it is done; `Fatal` for a refusal.

    Done again it goes on where it ended.
    """
    for step in steps:
        if not step.needed:
            continue
        if step.create is not None and not await admin.create([step.create]):
            continue  # somebody else was quicker
        if step.grow is not None:
            await admin.grow(step.wanted.name, int(step.grow.after))
        if step.changes:
            await admin.change(step.wanted.name, {each.name: each.after for each in step.changes})
        done(step)
