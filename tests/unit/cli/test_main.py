"""How the command line ends, and what it says then."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import app.bootstrap.running
from app import __version__
from app.cli.main import run_command_line
from app.cli.terminal import agreed, styled
from app.domain.errors import Fatal, ServerUnreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.settings import Loaded, Settings

PROJECT = Path(__file__).parents[3]


class Served:
    """Stands in for the service."""

    def __init__(self) -> None:
        self.settings: list[Settings] = []
        self.flags: dict[str, str] = {}
        self.ending: Callable[[], int] = lambda: 0

    def __call__(self, loaded: Loaded, flags: Mapping[str, str]) -> int:
        self.settings.append(loaded.settings)
        self.flags = dict(flags)
        return self.ending()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    served = Served()
    monkeypatch.setattr(app.bootstrap.running, "serve", served)
    return served


def _raise(error: BaseException) -> Callable[[], int]:
    def ending() -> int:
        raise error

    return ending


@pytest.mark.parametrize("arguments", [[], ["run"]])
def test_runs_the_service_with_and_without_its_verb(arguments: list[str], served: Served) -> None:
    assert run_command_line(arguments) == 0
    assert [each.kafka_topic for each in served.settings] == ["email-queue"]


@pytest.mark.parametrize("verb", [[], ["run"]])
def test_flags_reach_the_service(verb: list[str], served: Served) -> None:
    flags = ["--workers", "3", "--kafka-group=g", "--port", "0", "--ignore-checkpoint"]
    assert run_command_line([*verb, *flags, "--kafka-create-topics=no"]) == 0
    (settings,) = served.settings
    assert settings.email_worker_count == 3
    assert settings.kafka_group_id == "g"
    assert settings.ops_port == 0
    assert settings.ignore_checkpoint is True
    assert settings.kafka_create_topics is False
    assert served.flags["email_worker_count"] == "3", "for what is read again while running"


def test_one_dash_is_enough_for_a_setting_as_in_go(served: Served) -> None:
    flags = "-workers 3 -buffer=7 -kafka-brokers a:1,b:2 -kafka-topic q -kafka-group g -smtp-host m"
    more = "-smtp-port 2525 -smtp-user shop -smtp-pass secret -port 0 -kafka-create-topics"
    assert run_command_line([*flags.split(), *more.split()]) == 0
    (settings,) = served.settings
    assert (settings.email_worker_count, settings.email_worker_buffer) == (3, 7)
    assert settings.kafka_brokers == ("a:1", "b:2")
    assert (settings.kafka_topic, settings.kafka_group_id) == ("q", "g")
    assert (settings.smtp_host, settings.smtp_port, settings.smtp_user) == ("m", 2525, "shop")
    assert settings.smtp_password is not None
    assert settings.smtp_password.get_secret_value() == "secret"
    assert settings.ops_port == 0
    assert settings.kafka_create_topics is True


def test_a_switch_may_stand_before_another_flag(served: Served) -> None:
    assert run_command_line(["--kafka-create-topics", "--workers", "3"]) == 0
    assert served.settings[0].kafka_create_topics is True


@pytest.mark.parametrize(
    ("ending", "code"),
    [
        (lambda: 0, 0),
        (lambda: 3, 3),
        (_raise(Fatal("it cannot go on")), 1),
        (_raise(ServerUnreachable("nobody answers")), 3),
        (_raise(KeyboardInterrupt()), 130),
    ],
)
def test_the_service_s_ending_is_the_exit_code(
    ending: Callable[[], int], code: int, served: Served
) -> None:
    served.ending = ending
    assert run_command_line(["run"]) == code


def test_errors_are_told_in_a_line(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    served.ending = _raise(ServerUnreachable("nobody answers"))
    run_command_line(["run"])
    assert capsys.readouterr().err == "Error: nobody answers\n"


def test_wrong_settings_are_all_told(
    served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SMTP_PORT", "x")
    monkeypatch.setenv("SMTP_HOTS", "x")
    assert run_command_line(["--workers", "0"]) == 2
    assert served.settings == []
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.splitlines() == [
        "Warning: SMTP_HOTS is not a setting and is ignored; did you mean SMTP_HOST?",
        "Error: 2 settings are wrong:",
        (
            '  EMAIL_WORKER_COUNT="0" (flag --workers): too small; '
            "allowed: a whole number from 1 to 10000"
        ),
        (
            '  SMTP_PORT="x" (environment): not a whole number; '
            "allowed: a whole number from 1 to 65535"
        ),
    ]


def test_notices_are_told_before_the_service_starts(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["--smtp-password", "p"]) == 0
    said = "Warning: SMTP_PASSWORD is set without SMTP_USER: there will be no login\n"
    assert capsys.readouterr().err == said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["cnofig"], "No such command 'cnofig'. Did you mean 'config'?"),
        (["--worker", "3"], "No such option '--worker'. Did you mean '--workers'?"),
        (["-worker", "3"], "No such option '-worker'. Did you mean '--workers'?"),
        (["--buffer", "7", "-smpt-host=m"], "No such option '-smpt-host'. (Did you mean one of:"),
        (["run", "-q"], "No such option '-q'."),
        (["run", "--hepl"], "Did you mean '--help'?"),
        (["run", "--workers"], "requires an argument"),
        (["run", "extra"], "unexpected extra argument"),
        (["config", "--jsno"], "No such option '--jsno'. Did you mean '--json'?"),
    ],
)
def test_wrong_usage_is_told_with_what_was_meant(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(arguments) == 2
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""


def test_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["--version"]) == 0
    assert capsys.readouterr().out == f"kafka-mailer {__version__}\n"


def _process(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app", *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_exit_code_is_the_process_s() -> None:
    assert _process("--version").returncode == 0
    wrong = _process("config", "--workers", "ten")
    assert wrong.returncode == 2
    assert "Traceback" not in wrong.stderr


@pytest.mark.parametrize("verb", [["config"], ["schema", "openapi"], ["--help"], ["run", "--help"]])
def test_a_reader_who_leaves_early_makes_no_noise(verb: list[str]) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-m", "app", *verb],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert writer.stdout is not None
    writer.stdout.close()
    assert writer.stderr is not None
    said = writer.stderr.read()
    code = writer.wait(60)
    writer.stderr.close()
    assert (code, said) == (0, b"")


def test_a_closed_standard_output_makes_no_noise() -> None:
    ended = subprocess.run(
        ["/bin/sh", "-c", f"exec {sys.executable} -m app config >&-"],
        cwd=PROJECT,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_an_interrupt_at_a_question_leaves_its_line(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    served.ending = _raise(click.Abort())
    assert run_command_line(["run"]) == 130
    assert capsys.readouterr().err == "\n"


@pytest.mark.parametrize(("answer", "agrees"), [("y", True), ("n", False), ("", False)])
def test_a_question_is_answered_by_yes_or_no(
    answer: str, agrees: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{answer}\n"))
    assert agreed("Do this?") is agrees
    said = "" if agrees else "nothing was done\n"
    assert capsys.readouterr().err == f"Do this? [y/N]: {said}"


def test_colours_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert styled("Error:", fg="red") == "\x1b[31mError:\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert styled("Error:", fg="red") == "Error:"
