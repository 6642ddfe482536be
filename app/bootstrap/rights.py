"""Whether Kafka lets us do what the service does, asked before anything is read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.domain.errors import Fatal
from app.kafka import Right, persistent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.bootstrap.topics import Topics
    from app.kafka import Admin
    from app.outcomes import Routes

ANSWER_S = 30.0


async def check_rights(admin: Admin, topics: Topics, routes: Routes, groups: Iterable[str]) -> None:
    """`Fatal` naming every right that is missing, with its topic or group."""
    needed = needed_rights(topics.queue, topics.tiers, routes)
    found = await persistent(partial(admin.topic_rights, list(needed)), ANSWER_S)
    missing = [
        f"{right} on topic {topic}"
        for topic, rights in needed.items()
        for right in rights
        if right not in found[topic]
    ]
    missing += [
        f"{Right.READ} on group {group}"
        for group in groups
        if Right.READ not in await persistent(partial(admin.group_rights, group), ANSWER_S)
    ]
    if missing:
        raise Fatal(f"Kafka does not grant what is needed: {', '.join(missing)}")


def needed_rights(queue: str, tiers: Iterable[str], routes: Routes) -> dict[str, tuple[Right, ...]]:
    """What the service does with each topic while it runs."""
    needed = {
        queue: (Right.READ,),
        **dict.fromkeys(tiers, (Right.READ, Right.WRITE)),
        routes.dead_letters: (Right.WRITE,),
    }
    if routes.results:
        needed[routes.results] = (Right.WRITE,)
    if routes.suppressing:
        needed[routes.suppressing.topic] = (Right.READ, Right.WRITE)
    return needed
