"""`kafka-mailer config`: what the service would run with, and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from app.cli.flags import is_default, load_from, settings_flags, source_of
from app.cli.verbs import ExamplesCommand
from app.settings import options

if TYPE_CHECKING:
    from app.settings import Loaded, Option

MASK = "********"


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
    shown = [each for each in options() if not each.details.later]
    if as_json:
        click.echo(json.dumps({each.variable: _entry(loaded, each) for each in shown}, indent=2))
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
    from rich.console import Console  # noqa: PLC0415  # slow to import, and --json does without
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Setting", no_wrap=True)
    table.add_column("Value", overflow="fold")
    table.add_column("Source", overflow="fold")
    group = None
    for option in shown:
        if option.details.group is not group:
            group = option.details.group
            table.add_row()
            table.add_row(f"[bold cyan]{group}[/]")
        plain = is_default(loaded, option)
        given = loaded.given.get(option.field)
        value = _value(loaded, option)
        text = escape(value) if value is not None else f"[dim]{escape(_absent(option))}[/]"
        table.add_row(
            option.variable,
            text if plain else f"[bold green]{text}[/]",
            f"[dim]{option_source}[/]"
            if (option_source := str(given or "default")) and plain
            else escape(option_source),
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 10_000  # a reader of a pipe gets whole lines
    console.print(table)


def _absent(option: Option) -> str:
    given_empty = option.details.empty_means
    return f"({option.details.default_means or given_empty or 'not set'})"
