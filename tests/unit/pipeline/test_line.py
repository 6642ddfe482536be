"""Whose room it is while the pool is full."""

from __future__ import annotations

import asyncio

from app.pipeline.line import Line, Place
from tests.support.waiting import run


def test_the_one_that_waits_and_entered_longest_ago_goes_first() -> None:
    async def scenario() -> None:
        line, queue, tiers = Line(), Place(), Place()
        line.entered(queue)
        line.entered(tiers)
        waiting = asyncio.create_task(line.wait(queue, 5))
        await asyncio.sleep(0)
        assert line.ahead_of(tiers)
        assert not line.ahead_of(queue)
        line.moved()
        await waiting
        assert not line.ahead_of(tiers)

    run(scenario())


def test_who_does_not_wait_holds_nobody_up() -> None:
    line, queue, tiers = Line(), Place(), Place()
    line.entered(queue)
    assert not line.ahead_of(queue)
    assert not line.ahead_of(tiers)


def test_two_that_want_all_room_take_turns() -> None:
    """Each time something leaves there is room for one."""

    async def scenario() -> list[str]:
        line, entered, room = Line(), list[str](), 0

        async def reader(name: str) -> None:
            nonlocal room
            place = Place()
            while True:
                if room and not line.ahead_of(place):
                    room -= 1
                    entered.append(name)
                    line.entered(place)
                await line.wait(place, 5)

        readers = [asyncio.create_task(reader(name)) for name in ("queue", "tiers")]
        for _ in range(20):
            await asyncio.sleep(0)
            room = 1
            line.moved()
            for _ in range(5):
                await asyncio.sleep(0)
            assert not room
        for each in readers:
            each.cancel()
        return entered

    entered = run(scenario())
    assert entered.count("queue") == entered.count("tiers") == 10


def test_a_wait_ends_with_its_time_and_what_was_full_is_asked_again() -> None:
    async def scenario() -> None:
        line, place = Line(), Place()
        line.full = True
        await line.wait(place, 0.01)
        assert not line.full

    run(scenario())


def test_room_for_fewer_than_enough_is_none() -> None:
    line = Line(enough=3)
    assert [0, 0, 3, 9] == [line.usable(room) for room in (0, 2, 3, 9)]
    assert [0, 1] == [Line(enough=0).usable(room) for room in (0, 1)], "a pool without a buffer"


def test_who_waits_is_woken_once_enough_has_moved() -> None:
    async def scenario() -> None:
        line = Line(enough=3)
        waiting = asyncio.create_task(line.wait(Place(), 5))
        for moves in range(3):
            await asyncio.sleep(0)
            assert not waiting.done(), moves
            line.moved()
        await waiting

    run(scenario())


def test_after_a_refusal_the_next_move_wakes() -> None:
    """What was refused for its bytes may fit as soon as anything has left."""

    async def scenario() -> None:
        line = Line(enough=3)
        waiting = asyncio.create_task(line.wait(Place(), 5))
        await asyncio.sleep(0)
        line.full = True
        line.moved()
        await waiting
        assert not line.full

    run(scenario())
