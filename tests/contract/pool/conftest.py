"""Each contract is kept on asyncio and on uvloop, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from tests.support.garbage import collected

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

LOOPS: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {
    "asyncio": asyncio.new_event_loop,
    "uvloop": uvloop.new_event_loop,
}


@pytest.fixture(params=LOOPS)
def run(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> Callable[[Coroutine[Any, Any, object]], None]:
    """Runs a test's coroutine; fails on what asyncio reports, and on tasks left over."""

    def runner(main: Coroutine[Any, Any, object]) -> None:
        complaints: list[dict[str, Any]] = []

        async def bounded() -> None:
            asyncio.get_running_loop().set_exception_handler(
                lambda _, context: complaints.append(context)
            )
            async with asyncio.timeout(20):
                await main
            await asyncio.sleep(0)
            left = asyncio.all_tasks() - {asyncio.current_task()}
            assert not left, left

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as loop, collected():
            loop.run(bounded())
        assert not complaints, complaints
        assert not [record for record in caplog.records if record.levelno >= logging.CRITICAL]

    return runner
