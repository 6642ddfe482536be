"""A round through the parts: bounded, and none hides what another finds."""

from __future__ import annotations

import asyncio

from app.bootstrap.checkup.rounds import Part, go_round
from app.domain.errors import Fatal
from app.domain.finding import Area, Finding, well
from tests.support.waiting import run


async def is_well() -> list[Finding]:
    return [well(Area.SETTINGS, "all", "fine")]


async def hangs() -> list[Finding]:
    await asyncio.Event().wait()
    return []


async def is_refused() -> list[Finding]:
    raise Fatal("the file is not there")


async def is_broken() -> list[Finding]:
    raise KeyError("name")


def test_each_part_ends_for_itself_and_all_are_told_in_the_order_of_their_areas() -> None:
    done: list[Part] = []
    parts = (
        Part(Area.STATE, "store", is_broken),
        Part(Area.RELAYS, "mx:25", hangs),
        Part(Area.TEMPLATES, "templates", is_refused),
        Part(Area.SETTINGS, "settings", is_well),
    )
    found = run(go_round(parts, 0.05, done.append))
    assert [
        (Area.SETTINGS, "", False),
        (Area.RELAYS, "no_answer", True),
        (Area.TEMPLATES, "look_failed", False),
        (Area.STATE, "look_failed", False),
    ] == [(each.area, each.code, each.unreachable) for each in found]
    assert "within 0.05 s" in found[1].words
    assert "the file is not there" in found[2].words
    assert "KeyError: 'name'" in found[3].words
    assert set(parts) == set(done)
