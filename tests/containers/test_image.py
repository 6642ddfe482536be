"""The image by itself, as `make image` builds it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app import __version__
from app.cli.verbs import VERBS
from tests.support.containers import REPOSITORY, docker, run_image

if TYPE_CHECKING:
    from pathlib import Path

# The first waits for the image.
pytestmark = [pytest.mark.usefixtures("image"), pytest.mark.timeout(300)]
MB = 1_000_000


def _inspected(image: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(docker("image", "inspect", image))[0]
    return found


def _base() -> str:
    lines = (REPOSITORY / "Dockerfile").read_text().splitlines()
    (named,) = [line for line in lines if line.startswith("ARG PYTHON_IMAGE=")]
    return named.partition("=")[2]


def test_is_at_most_60_mb_above_its_base(image: str, record_property: Any) -> None:
    above = _inspected(image)["Size"] - _inspected(_base())["Size"]
    record_property("MB above base", round(above / MB, 1))
    assert above <= 60 * MB, f"{above / MB:.1f} MB"


def test_says_what_it_is_runs_as_nobody_and_gets_its_signals_itself(image: str) -> None:
    config = _inspected(image)["Config"]
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["kafka-mailer"]
    assert config["Healthcheck"]["Test"] == ["CMD", "kafka-mailer", "health", "--live"]
    assert config["Labels"]["org.opencontainers.image.title"] == "kafka-mailer"
    assert "PYTHONUNBUFFERED=1" in config["Env"]


def test_holds_bytecode_and_neither_tests_nor_a_compiler_nor_its_own_pip() -> None:
    find = "find /opt/kafka-mailer -name tests -o -name pip -o -name *.pyx"
    packages = "/opt/kafka-mailer/lib/python3*/site-packages"
    look = f"ls {packages}/app/bootstrap/__pycache__ {packages}/pydantic/__pycache__"
    command = f"{find}; command -v cc gcc make; echo that was all; {look}"
    unwanted, _, bytecode = run_image("-c", command, options=["--entrypoint=sh"]).out.partition(
        "that was all\n"
    )
    assert unwanted == ""
    assert "service.cpython" in bytecode
    assert "main.cpython" in bytecode


def test_every_verb_has_its_help() -> None:
    assert run_image("--help").out.count("Commands:") == 1
    loop = f"for verb in {' '.join(VERBS)}; do kafka-mailer $verb --help >/dev/null || exit 1; done"
    command = f"kafka-mailer --version; {loop}"
    options = ["--entrypoint=sh", "--read-only"]
    ended = run_image("-c", command, options=options, within=90.0)
    assert ended.code == 0, ended.out
    assert ended.out.split() == ["kafka-mailer", __version__]


def test_shows_its_settings_without_any_file_of_its_own() -> None:
    ended = run_image("config", options=["--read-only", "--env=SMTP_HOST=mail"])
    assert ended.code == 0, ended.out
    assert ["SMTP_HOST", "mail", "environment"] in [line.split() for line in ended.out.splitlines()]


def test_a_wrong_environment_ends_with_2_and_every_problem_in_its_log() -> None:
    ended = run_image(options=["--env=SMTP_PORT=mail", "--env=EMAIL_WORKER_COUNT=-1"])
    assert ended.code == 2
    assert "SMTP_PORT" in ended.out
    assert "EMAIL_WORKER_COUNT" in ended.out
    assert "Traceback" not in ended.out


def test_a_missing_kafka_ends_with_3_and_says_so() -> None:
    options = ["--env=KAFKA_BROKERS=127.0.0.1:1", "--env=KAFKA_START_TIMEOUT=1s"]
    ended = run_image(options=options)
    assert ended.code == 3, ended.out
    assert "127.0.0.1:1" in ended.out
    assert "Traceback" not in ended.out


def test_a_secret_is_found_by_its_file_and_never_shown(tmp_path: Path) -> None:
    secret = tmp_path / "SMTP_PASSWORD"
    secret.write_text("hunter2\n")
    secret.chmod(0o644)
    mount = f"--volume={secret}:/run/secrets/SMTP_PASSWORD:ro"
    ended = run_image("config", options=[mount, "--env=SMTP_USER=shop"])
    assert ended.code == 0, ended.out
    assert ["SMTP_PASSWORD", "********"] in [line.split()[:2] for line in ended.out.splitlines()]
    assert "hunter2" not in ended.out


def test_a_secret_that_it_may_not_read_is_named(tmp_path: Path) -> None:
    secret = tmp_path / "SMTP_PASSWORD"
    secret.write_text("hunter2\n")
    secret.chmod(0o600)
    mount = f"--volume={secret}:/run/secrets/SMTP_PASSWORD:ro"
    ended = run_image(options=[mount, "--env=SMTP_USER=shop"])
    assert ended.code == 2, ended.out
    assert "SMTP_PASSWORD" in ended.out
    assert "permission denied" in ended.out
    assert "Traceback" not in ended.out
