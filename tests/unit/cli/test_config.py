from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.cli.main import run_command_line
from app.settings import options

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SMTP_HOST=mail\n")
    monkeypatch.setenv("SMTP_USER", "shop")
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")
    monkeypatch.setenv("EMAIL_PROFILE", "constrained")


def test_prints_every_value_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["config", "--port", "9000"]) == 0
    rows = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert ["SMTP_HOST", "mail", ".env"] in rows
    assert ["SMTP_USER", "shop", "environment"] in rows
    assert ["SMTP_PASSWORD", "********", "environment"] in rows
    assert ["OPS_PORT", "9000", "flag --port"] in rows
    assert ["EMAIL_WORKER_COUNT", "1", "profile constrained"] in rows
    assert ["KAFKA_TOPIC", "email-queue", "default"] in rows
    named = {row[0] for row in rows if row}
    assert named.issuperset(each.name for each in options())


def test_prints_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["config", "--json", "--email-results-topic="]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["SMTP_HOST"] == {
        "value": "mail",
        "source": ".env",
        "from": None,
        "default": "localhost",
        "flag": "--smtp-host",
    }
    assert printed["EMAIL_WORKER_COUNT"]["source"] == "profile"
    assert printed["EMAIL_WORKER_COUNT"]["from"] == "constrained"
    assert printed["EMAIL_RESULTS_TOPIC"]["value"] is None
    assert printed["SMTP_TOKEN_FILE"]["value"] is None
    assert set(printed) == {each.name for each in options()}


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_never_prints_a_secret(how: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["config", *how]) == 0
    printed = capsys.readouterr()
    assert "hunter2" not in printed.out + printed.err


def test_wrong_settings_end_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["config", "--log-level", "loud"]) == 2
    assert 'LOG_LEVEL="loud" (flag --log-level)' in capsys.readouterr().err


def test_brackets_in_a_value_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["config", "--kafka-brokers", "[::1]:9092"]) == 0
    assert "[::1]:9092" in capsys.readouterr().out
