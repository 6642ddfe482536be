"""`check` as its user meets it, without servers."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import orjson
import pytest

from app.cli.main import run_command_line
from tests.support.checked import Check
from tests.support.command import PROJECT
from tests.support.ports import free_port
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    return Check(monkeypatch, capsys, {"EMAIL_FROM": "shop@example.com"})


def test_settings_that_are_wrong_by_themselves_end_with_2(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMTP_PORT", "none")
    assert run_command_line(["check", "settings"]) == 2
    assert "SMTP_PORT" in capsys.readouterr().err


def test_an_unknown_area_is_named_with_those_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_command_line(["check", "brokres"]) == 2
    assert "'brokers'" in capsys.readouterr().err


@pytest.mark.parametrize("server", ["dns.example.com", "192.0.2.53:none", "192.0.2.53:0", "[::1"])
def test_a_name_server_is_an_address(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["check", "domains", "--dns", server]) == 2
    assert "allowed: an address" in capsys.readouterr().err


def test_settings_that_contradict_each_other(check: Check) -> None:
    relay = "smtp://127.0.0.1:25?connections=5"
    env = {"SMTP_RELAYS": relay, "SMTP_HOST": "mx.example.com", "EMAIL_DRY_RUN": "true"}
    found = check("settings", "--shutdown-timeout", "5s", "--email-ttl", "otp=5s", env=env)
    assert {
        ("setting_odd", "SMTP_HOST"),
        ("workers_above_connections", "EMAIL_WORKER_COUNT"),
        ("shutdown_below_attempt", "SHUTDOWN_TIMEOUT"),
        ("staging", "EMAIL_DRY_RUN"),
        ("ttl_below_retry", "EMAIL_TTL"),
    } == found.faults
    assert found.code == 0
    assert found.err == ""


def test_settings_without_a_fault(check: Check) -> None:
    found = check("settings")
    assert (0, ["1 set, the others by default"]) == (
        found.code,
        [each["text"] for each in found.findings],
    )


def test_templates_that_do_not_compile_or_render(check: Check, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "broken.txt.j2").write_text("{% if %}")
    (folder / "receipt.txt.j2").write_text("{{ total }}")
    (folder / "receipt.pt.txt.j2").write_text("{{ total }} {{ iva }}")
    (folder / "receipt.sample.json").write_text('{"total": "9.90"}')
    (folder / "welcome.sample.json").write_text("[]")
    found = check("templates", env={"EMAIL_TEMPLATES": str(folder)})
    assert {
        ("template_broken", "broken.txt.j2"),
        ("template_sample", "receipt"),
        ("template_sample", "welcome"),
    } == found.faults
    said = {each["subject"]: each["text"] for each in found.findings}
    assert "line 1" in said["broken.txt.j2"]
    assert "data.iva" in said["receipt"]
    assert "receipt.sample.json" in said["receipt"]
    assert "is no object" in said["welcome"]
    assert found.code == 1


def test_templates_that_are_well(check: Check, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (folder / "receipt.txt.j2").write_text("{{ total }}")
    (folder / "receipt.sample.json").write_text('{"total": "9.90"}')
    found = check("templates", env={"EMAIL_TEMPLATES": str(folder)})
    assert (0, ["6 compiled, 6 rendered with a sample of data"]) == (
        found.code,
        [each["text"] for each in found.findings],
    )


def test_a_store_that_is_away(check: Check) -> None:
    url = f"redis://:secret@127.0.0.1:{free_port()}/0"
    found = check("state", env={"STATE_URL": url, "DEDUP_WINDOW": "1h"})
    assert (1, {"store_unreachable"}) == (found.code, found.codes)
    assert "secret" not in json.dumps(found.findings)


def test_the_list_for_people(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KAFKA_BROKERS", f"127.0.0.1:{free_port()}")
    assert run_command_line(["check", "settings", "brokers"]) == 3
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Settings"
    assert lines[1].split()[:2] == ["warning", "EMAIL_FROM"]
    assert lines[4] == "Brokers"
    assert lines[5].split()[:2] == ["problem", os.environ["KAFKA_BROKERS"]]
    assert lines[7].lstrip().startswith("→ Look whether it runs")
    assert lines[-1].startswith("1 problem, 1 warning, 0 ok, in ")


def test_ctrl_c_amid_it_ends_with_130_and_shows_what_it_waits_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        env = os.environ | {"PYTHONPATH": str(PROJECT), "KAFKA_BROKERS": f"127.0.0.1:{port}"}
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "app", "check", "brokers", "--timeout", "60"]
        with subprocess.Popen(command, env=env, stderr=theirs, stdout=subprocess.PIPE) as process:
            os.close(theirs)
            silent.settimeout(30)
            client, _ = silent.accept()
            told = b""

            def shows() -> bool:
                nonlocal told
                told += os.read(ours, 4096)
                return b"Looking at Kafka" in told

            wait_until(shows, "it tells what it waits for")
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=30)
            client.close()
        os.close(ours)
    assert process.returncode == 130
    assert out == b""


def test_an_area_without_anything_in_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["check", "state", "domains"]) == 0
    assert capsys.readouterr().out.startswith("Nothing was looked at: ")


def test_json_is_json_and_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMAIL_DRY_RUN", "true")
    assert run_command_line(["check", "settings", "--json"]) == 0
    document = orjson.loads(capsys.readouterr().out)
    assert document["verdict"] == "warning"
    assert {"area", "subject", "verdict", "code", "text", "why", "mend", "unreachable"} == set(
        document["findings"][0]
    )
