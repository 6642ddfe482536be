"""What many tests of the real process begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.command_line import CommandLine
from tests.support.environment import leave_own_settings
from tests.support.relay_thread import RelayThread
from tests.support.services import Services

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.backends import Broker
    from tests.support.topics import Topics


@pytest.fixture
def relay() -> Iterator[RelayThread]:
    """A relay that does as it is told; it takes every mail unless told otherwise."""
    with RelayThread() as relay:
        yield relay


@pytest.fixture
def services(tmp_path: Path, kafka: Broker, topics: Topics) -> Services:
    """Makes the services of a test, on the test's topics; their files are in `tmp_path`."""
    return Services(tmp_path, kafka.brokers, topics)


@pytest.fixture
def dlq(
    kafka: Broker,
    topics: Topics,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> CommandLine:
    """`kafka-mailer dlq` on the test's topics."""
    leave_own_settings(monkeypatch, tmp_path)
    env = {"KAFKA_BROKERS": kafka.brokers, **topics.env()}
    return CommandLine("dlq", env=env, monkeypatch=monkeypatch, capsys=capsys)


@pytest.fixture
def forgets_the_dead(kafka: Broker) -> None:
    """A broker that gives up a member which died or was thrown out of its group."""
    if not kafka.is_apache:
        pytest.skip("the embedded broker waits for a member that died, and does not end")
