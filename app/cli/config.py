"""`kafka-mailer config`: what the service would run with, and why."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.flags import load_from, settings_flags, source_of
from app.cli.tables import Column, Heading, print_table
from app.cli.verbs import ExamplesCommand
from app.settings import options

if TYPE_CHECKING:
    from app.cli.tables import Row
    from app.settings import Loaded, Option

MASK = "********"
_COLUMNS: Final = (
    Column("Setting", whole=True),
    Column("Value", folds=True),
    Column("Source", folds=True),
)


@settings_flags()
@click.command(
    cls=ExamplesCommand,
    short_help="Show every setting.",
    examples=(
        ("kafka-mailer config", ""),
        ("kafka-mailer config --profile constrained", "see what a flag changes"),
        ("kafka-mailer config --json | jq -r .KAFKA_TOPIC.value", ""),
    ),
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(*, as_json: bool, **parameters: Any) -> None:
    """Show every setting, its value and where that is from. Secrets are masked.

    Takes the flags of `run`. Wrong settings are all named, with exit code 2.
    """
    loaded = load_from(parameters)
    shown = list(options())
    if as_json:
        click.echo(json.dumps({each.name: _entry(loaded, each) for each in shown}, indent=2))
    else:
        _print_table(loaded, shown)


def _value(loaded: Loaded, option: Option) -> str | None:
    given = loaded.given.get(option.field)
    text = option.default if given is None else given.text
    return MASK if option.secret and text else text or None


def _entry(loaded: Loaded, option: Option) -> dict[str, str | None]:
    given = loaded.given.get(option.field)
    return {
        "value": _value(loaded, option),
        "source": source_of(loaded, option).value,
        "from": (given.where if given else "") or None,
        "default": option.default,
        "flag": option.flag,
    }


def _print_table(loaded: Loaded, shown: list[Option]) -> None:
    rows: list[Row] = []
    for group, members in groupby(shown, key=lambda each: each.details.group):
        rows.append(Heading(group))
        rows += [_row(loaded, option) for option in members]
    print_table(_COLUMNS, rows)


def _row(loaded: Loaded, option: Option) -> Row:
    """What somebody gave stands out from the defaults."""
    from rich.text import Text  # slow to import, and --json does without

    value = _value(loaded, option)
    text = _absent(option) if value is None else value
    style = "dim" if value is None else ""
    given = loaded.given.get(option.field)
    if given is None:
        return option.name, Text(text, style=style), Text("default", style="dim")
    return option.name, Text(text, style=style or "bold green"), str(given)


def _absent(option: Option) -> str:
    given_empty = option.details.empty_means
    return f"({option.details.default_means or given_empty or 'not set'})"
