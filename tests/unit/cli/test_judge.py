from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.cli.main import run_command_line

if TYPE_CHECKING:
    from pathlib import Path


def test_tells_kind_consequence_and_row(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["judge", "550 5.1.1 No such user"]) == 0

    printed = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert printed["kind"] == "recipient"
    assert printed["what"] == "happens  dead; the address is suppressed"
    assert printed["row"].startswith("says")


def test_tells_which_rule_of_the_operator_s_decides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[[rule]]\nname="hold"\npattern="on hold"\nkind="temporary"\ndelay="15m"')

    arguments = ["judge", "554 5.7.1 On hold", "--smtp-rules", str(rules), "--json"]
    assert run_command_line(arguments) == 0

    printed = json.loads(capsys.readouterr().out)
    assert ("temporary", "hold", None) == (printed["kind"], printed["rule"], printed["row"])
    assert printed["delay_s"] == 900


@pytest.mark.parametrize(
    ("arguments", "kind", "happens"),
    [
        (["lost", "--phase", "final"], "ambiguous", "next retry"),
        (["lost", "--phase", "final", "--smtp-on-ambiguous", "dead"], "ambiguous", "dead"),
        (["554 Relay access denied", "--idle"], "relay_auth", "waits"),
        (["250 2.0.0 queued", "--phase", "final"], None, "delivered"),
        (["550-5.1.1 No\n550 5.1.1 such user"], "recipient", "dead"),
    ],
)
def test_takes_all_that_a_relay_may_do(
    arguments: list[str], kind: str | None, happens: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command_line(["judge", *arguments, "--json"]) == 0

    printed = json.loads(capsys.readouterr().out)
    assert kind == printed["kind"]
    assert printed["what_happens"].startswith(happens)


@pytest.mark.parametrize("said", ["", "hello", "550-half", "550 a\n551 b", "999 x"])
def test_what_is_no_reply_is_wrong_usage(said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["judge", said]) == 2

    assert "not one SMTP reply" in capsys.readouterr().err


def test_a_wrong_file_of_rules_is_a_wrong_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text("[[rule]]\ncode = 550")

    assert run_command_line(["judge", "550 x", "--smtp-rules", str(rules)]) == 2

    said = capsys.readouterr().err
    assert "SMTP_RULES=" in said
    assert "rule 1: kind: missing; allowed: temporary" in said


def test_there_is_nothing_to_judge_before_mail(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command_line(["judge", "451 x", "--phase", "auth"]) == 2

    assert "'mail', 'rcpt', 'data', 'body', 'final'" in capsys.readouterr().err
