"""Questions about dead letters: which there are, and how many of what."""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from app.outcomes.dead_letters.letters import NoSuchLetter
from app.outcomes.dead_letters.selection import EVERYTHING, Selection
from app.outcomes.dead_letters.statistics import Tally

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.domain.record import Record
    from app.outcomes.dead_letters.letter import DeadLetter
    from app.outcomes.dead_letters.letters import Letters
    from app.outcomes.dead_letters.marks import Mark
    from app.outcomes.dead_letters.statistics import Statistics


class Listed(NamedTuple):
    """A letter and, where it was replayed, its mark."""

    letter: DeadLetter
    mark: Mark | None


class Age(NamedTuple):
    """What letters are put in order by, the oldest first."""

    at_ms: int
    partition: int
    offset: int

    @classmethod
    def of(cls, letter: DeadLetter) -> Age:
        return cls(letter.at_ms, *letter.place)


class Newest(NamedTuple):
    """`found` are without their values, newest last; `matching` is how many there are in all."""

    found: list[Listed]
    matching: int


async def each_letter(letters: Letters, selection: Selection) -> AsyncIterator[Listed]:
    """All that match, as they come."""
    marks = await letters.marks()
    async for some in letters.scan(selection):
        for letter in some:
            yield Listed(letter, marks.of(letter))


async def newest_letters(
    letters: Letters, selection: Selection, most: int, *, before: Age | None = None
) -> Newest:
    """At most so many of those that match; no more are held at any time.

    `before`: only those older than this one; `matching` counts the others too.
    """
    heap: list[tuple[int, int, int, Listed]] = []
    matching = 0
    async for listed in each_letter(letters, selection):
        matching += 1
        letter = listed.letter
        key = Age.of(letter)
        if (before is not None and key >= before) or (len(heap) == most and key < heap[0][:3]):
            continue
        entry = (*key, Listed(letter.without_value(), listed.mark))
        if len(heap) < most:
            heapq.heappush(heap, entry)
        else:
            heapq.heapreplace(heap, entry)
    return Newest([entry[3] for entry in sorted(heap)], matching)


async def with_value(letters: Letters, letter: DeadLetter) -> Record:
    """The letter's record, with the value of its origin where it has none itself."""
    if letter.record.value is not None:
        return letter.record
    return replace(letter.record, value=await letters.value_of(letter))


async def newest_of(letters: Letters, mail_id: str) -> tuple[DeadLetter, int]:
    """The newest letter of that id, and how many there are; `NoSuchLetter` when there is none."""
    found = await newest_letters(letters, Selection(ids=frozenset({mail_id})), 1)
    if not found.matching:
        raise NoSuchLetter(f"no dead letter with the id {mail_id!r} in {letters.topic}")
    return await letters.at(found.found[0].letter.place), found.matching


async def statistics_of(letters: Letters, selection: Selection = EVERYTHING) -> Statistics:
    """Of all that match."""
    tally = Tally()
    async for letter, mark in each_letter(letters, selection):
        tally.add(letter, replayed=mark is not None)
    return tally.statistics()
