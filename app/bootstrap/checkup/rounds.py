"""One round through everything that is looked at: all at once, each part bounded in time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.errors import MailerError
from app.domain.finding import Area, Fault, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterable

    from app.domain.finding import Finding

NO_ANSWER: Final = Fault(
    Area.BROKERS,
    "no_answer",
    Verdict.PROBLEM,
    "gave no answer within {seconds:g} s",
    "A server that is this slow holds mail up as one that is away.",
    "Look how busy it is, and whether something on the way swallows packets; --timeout "
    "waits longer.",
    unreachable=True,
)
FAILED: Final = Fault(
    Area.BROKERS,
    "look_failed",
    Verdict.PROBLEM,
    "could not be looked at: {reason}",
    "What is not known cannot be relied on.",
    "The reason tells who refused, and mostly why.",
)

FAULTS: Final = (NO_ANSWER, FAILED)


class Part(NamedTuple):
    """Something to look at, by itself; what it finds is told under its area."""

    area: Area
    subject: str
    look: Callable[[], Coroutine[object, object, list[Finding]]]


async def go_round(
    parts: Iterable[Part], seconds: float, on_done: Callable[[Part], object]
) -> list[Finding]:
    """What all parts find, in the order of the areas; each may take so long."""

    async def one(part: Part) -> list[Finding]:
        try:
            return await guarded(part, seconds)
        finally:
            on_done(part)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(part)) for part in parts]
    order = list(Area)
    found = [finding for task in tasks for finding in task.result()]
    return sorted(found, key=lambda each: order.index(each.area))


async def guarded(part: Part, seconds: float) -> list[Finding]:
    """A part that fails tells so in its place, and lets the others go on."""
    try:
        async with asyncio.timeout(seconds):
            return await part.look()
    except TimeoutError:
        return [_at(NO_ANSWER, part, seconds=seconds)]
    except (MailerError, OSError) as error:
        return [_at(FAILED, part, reason=error)]
    except Exception as error:  # noqa: BLE001 - one part's end must not hide what others find
        return [_at(FAILED, part, reason=f"{type(error).__name__}: {error}")]


def _at(fault: Fault, part: Part, **places: object) -> Finding:
    return replace(fault.found(part.subject, **places), area=part.area)
