"""Flights that begin in one turn of the loop go out in one go."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from app.relay.outbox import Outbox

if TYPE_CHECKING:
    import pytest

    from tests.support.relay_rig import LoopRunner


def test_what_begins_in_one_turn_is_written_without_anything_in_between(run: LoopRunner) -> None:
    async def main() -> None:
        outbox, loop = Outbox(), asyncio.get_running_loop()
        seen: list[str] = []

        async def begin(number: int) -> None:
            outbox.soon(partial(seen.append, f"written {number}"), loop)
            seen.append(f"begun {number}")

        await asyncio.gather(begin(1), begin(2))
        loop.call_soon(seen.append, "another's")
        await asyncio.sleep(0)
        assert ["begun 1", "begun 2", "written 1", "written 2", "another's"] == seen

    run(main())


def test_what_is_asked_for_while_writing_is_written_in_the_next_turn(run: LoopRunner) -> None:
    async def main() -> None:
        outbox, loop = Outbox(), asyncio.get_running_loop()
        seen: list[str] = []

        def again() -> None:
            seen.append("first")
            outbox.soon(partial(seen.append, "second"), loop)

        outbox.soon(again, loop)
        await asyncio.sleep(0)
        assert ["first"] == seen
        await asyncio.sleep(0)
        assert ["first", "second"] == seen

    run(main())


def test_one_that_fails_costs_no_other_its_flight(
    run: LoopRunner, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        outbox, loop = Outbox(), asyncio.get_running_loop()
        seen: list[str] = []

        def fail() -> None:
            raise RuntimeError("a transport's own")

        outbox.soon(fail, loop)
        outbox.soon(partial(seen.append, "written"), loop)
        await asyncio.sleep(0)
        assert ["written"] == seen

    run(main())
    (line,) = caplog.records
    assert ("ERROR", "a flight was not written") == (line.levelname, line.getMessage())
