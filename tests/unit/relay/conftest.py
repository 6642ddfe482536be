"""Both event loops, and a certificate authority."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from tests.support.relay_rig import LoopRunner, Trust


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> LoopRunner:
    return LoopRunner(request.param)


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> Trust:
    return Trust(tmp_path_factory.mktemp("trust"))
