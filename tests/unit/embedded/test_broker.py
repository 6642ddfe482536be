"""The embedded broker answers while it is open, and is gone afterwards."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest

from app.embedded.broker import EmbeddedBroker, broker_command
from app.embedded.errors import EmbeddedError
from tests.support import kafka_tools
from tests.support.ports import answers, free_port
from tests.support.waiting import run

if TYPE_CHECKING:
    from pathlib import Path


def test_it_takes_records_while_it_is_open(tmp_path: Path) -> None:
    port = free_port()

    async def main() -> list[bytes | None]:
        async with EmbeddedBroker(port, tmp_path) as broker:
            await kafka_tools.create_topic(broker.brokers, "t")
            await kafka_tools.produce(broker.brokers, "t", [b"1", b"2"])
            return [one.value for one in await kafka_tools.read_all(broker.brokers, "t")]

    assert run(main()) == [b"1", b"2"]
    assert not answers(port)


def test_a_taken_port_is_an_error_that_says_so(tmp_path: Path) -> None:
    port = free_port()

    async def main() -> None:
        async with EmbeddedBroker(port, tmp_path / "first"):
            with pytest.raises(EmbeddedError, match=f"127.0.0.1:{port}"):
                async with EmbeddedBroker(port, tmp_path / "second"):
                    pass

    run(main())


def test_a_missing_wheel_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: None if name == "noida_db" else found(name),
    )

    with pytest.raises(EmbeddedError, match=r"kafka-mailer\[demo\]"):
        broker_command(1, tmp_path)
