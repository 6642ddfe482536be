"""Ending a service, wherever its start had got to."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from app.bootstrap.service import Service
from app.bootstrap.topics import Topics
from app.kafka import Producer
from app.settings import load
from app.telemetry import MailLog, configure_logging
from tests.support.environment import leave_own_settings
from tests.support.waiting import run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_start_that_failed_half_way_is_drained_all_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    leave_own_settings(monkeypatch, tmp_path)

    async def fails(_: Producer) -> None:
        raise ConnectionError("Kafka went away")

    monkeypatch.setattr(Producer, "start", fails)

    async def main() -> None:
        lines = configure_logging("info", "json", io.StringIO())
        service = Service(load().settings, MailLog(lines))
        with pytest.raises(ConnectionError):
            await service._start_pipeline(Topics("email-queue", 1, (), (), 1 << 20))
        await service.drain(1.0)

    run(main())
