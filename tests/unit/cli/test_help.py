"""Help is quick, whole, and ends with examples."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from app.cli.main import root
from app.cli.verbs import PROGRAM, VERBS
from app.settings import options

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[3]
STAGES = (
    *("app.bootstrap", "app.ops", "app.pipeline", "app.embedded", "app.intake", "app.pool"),
    *("app.composer", "app.relay", "app.outcomes", "app.state", "app.kafka", "app.telemetry"),
)
LIST_MODULES = """
import sys
from app.cli.main import run_command_line
code = run_command_line(sys.argv[1:])
print("\\n".join(sorted(sys.modules)), file=sys.stderr)
"""


def _help(*verb: str) -> str:
    shown = subprocess.run(
        [sys.executable, "-m", "app", *verb, "--help"],
        cwd=PROJECT,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return shown.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["nonsense"],
        *([verb, flag] for verb in VERBS for flag in ("--help", "--nonsense")),
    ],
)
def test_help_and_usage_errors_import_no_stage(arguments: list[str]) -> None:
    listed = subprocess.run(
        [sys.executable, "-c", LIST_MODULES, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    imported = listed.stderr.splitlines()
    assert "app.cli.main" in imported
    assert [each for each in imported if each.startswith(STAGES)] == []


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_can_be_loaded_and_ends_its_help_with_examples(verb: str) -> None:
    command = root.get_command(click.Context(root), verb)
    assert command is not None
    assert f"kafka-mailer {verb}" in _help(verb).rsplit("Examples:", 1)[1]


def _all_commands() -> Iterator[tuple[str, click.Command]]:
    context = click.Context(root)
    for verb in VERBS:
        command = root.get_command(context, verb)
        assert command is not None
        yield verb, command
        if isinstance(command, click.Group):
            yield from ((f"{verb} {name}", each) for name, each in command.commands.items())


def test_every_command_has_examples_of_itself_and_json_where_it_shows_a_table() -> None:
    silent = {"run", "demo", "schema", "completion"}
    for name, command in _all_commands():
        lines = [line for line, _ in getattr(command, "examples", ())]
        assert any(f"{PROGRAM} {name}" in line for line in lines), name
        flags = {flag for each in command.params for flag in each.opts}
        if not isinstance(command, click.Group) and name not in silent:
            assert "--json" in flags, name


def test_the_list_of_verbs_comes_with_examples() -> None:
    shown = _help()
    assert "kafka-mailer demo" in shown.rsplit("Examples:", 1)[1]
    for verb, (_, about) in VERBS.items():
        assert any(verb in line and about in line for line in shown.splitlines())


def test_run_lists_every_setting() -> None:
    shown = _help("run")
    for each in options():
        assert f" {each.flag} " in shown, each.flag
        if not each.details.flag_only:
            assert each.variable in shown
