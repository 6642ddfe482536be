"""The service with a reader that hangs once there is a file `hang` in its folder.

As `python -m app`, with less patience for loops that stand still.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from app.__main__ import main
from app.bootstrap import vital_signs
from app.intake.reader import Reader
from app.pipeline import watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

SIGN = Path("hang")
TOLD_AFTER_S = 1.0
ENDED_AFTER_S = 6.0  # longer than between two looks, or a loop that is well would count as blocked


def told_to_hang() -> bool:
    return SIGN.exists()


def hanging(turn: Callable[[Reader], Coroutine[None, None, None]]) -> object:
    async def hung_turn(reader: Reader) -> None:
        if told_to_hang():
            await asyncio.Event().wait()
        await turn(reader)

    return hung_turn


if __name__ == "__main__":
    setattr(Reader, "_turn", hanging(Reader._turn))  # noqa: B010 - no assignment to mypy
    vital_signs.STALLED_S = TOLD_AFTER_S
    watchdog.STALLED_S = ENDED_AFTER_S
    main()
