"""The service of the demo runs as it is, whatever the user's environment says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.cli.demo.ports import Ports
from app.cli.demo.stage import service_environment

if TYPE_CHECKING:
    import pytest

PORTS = Ports(kafka=1, smtp=2, page=3, health=4)


def test_settings_of_the_users_own_do_not_reach_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SMTP_RELAYS", "SMTP_PASSWORD_FILE", "kafka_group_id", "EMAIL_REDIRECT_TO"):
        monkeypatch.setenv(name, "mine")
    monkeypatch.setenv("LANG", "C.UTF-8")

    env = service_environment(PORTS, "127.0.0.1:1")

    assert "mine" not in env.values()
    assert env["LANG"] == "C.UTF-8"
    assert (env["KAFKA_BROKERS"], env["SMTP_PORT"], env["OPS_PORT"]) == ("127.0.0.1:1", "2", "4")
