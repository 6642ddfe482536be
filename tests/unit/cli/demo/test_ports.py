"""The demo listens on its usual ports, or beside what is taken."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

from app.cli.demo import ports as module
from app.cli.demo.ports import Ports
from tests.support.ports import free_ports

if TYPE_CHECKING:
    import pytest


def test_usual_ports_are_taken_when_they_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = free_ports(4)
    for name, port in zip(("KAFKA", "SMTP", "PAGE", "HEALTH"), usual, strict=True):
        monkeypatch.setattr(module, name, port)

    assert Ports.choose() == Ports(*usual)


def test_a_taken_port_is_replaced_by_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        for name in ("KAFKA", "SMTP", "PAGE", "HEALTH"):
            monkeypatch.setattr(module, name, port)

        chosen = Ports.choose()

    assert len({port, chosen.kafka, chosen.smtp, chosen.page, chosen.health}) == 5


def test_a_port_that_is_asked_for_is_not_replaced() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        assert Ports.choose(page=port).page == port
