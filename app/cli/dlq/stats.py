"""`kafka-mailer dlq stats`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.dlq.flags import TOPIC, selection_flags, selection_of
from app.cli.flags import load_from, settings_flags
from app.cli.shown import age, counted, size
from app.cli.tables import Column, print_table
from app.cli.verbs import ExamplesCommand
from app.domain.clock import epoch_ms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.outcomes.dead_letters import DeadLetter, Letters, Statistics

_BAR: Final = 20
_HOURS: Final = 24


@settings_flags(*TOPIC)
@selection_flags
@click.command(
    "stats",
    cls=ExamplesCommand,
    short_help="Count dead letters by kind, domain and hour.",
    examples=(
        ("kafka-mailer dlq stats", ""),
        ("kafka-mailer dlq stats --newer-than 1d --top 20", ""),
        ("kafka-mailer dlq stats --json | jq .kinds", ""),
    ),
)
@click.option(
    "--top",
    type=click.IntRange(1, 10_000),
    default=10,
    show_default=True,
    metavar="N",
    help="How many recipient domains are named.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_stats(*, top: int, as_json: bool, **parameters: Any) -> None:
    """Count dead letters by kind, recipient domain and hour; name the oldest and the newest.

    A letter to several domains counts for each of them.
    """
    settings = load_from(parameters).settings
    from app.cli.dlq.session import on_letters
    from app.outcomes.dead_letters import statistics_of

    selection = selection_of(parameters)

    async def ask(letters: Letters) -> Statistics:
        return await statistics_of(letters, selection)

    found = on_letters(settings, ask)
    if as_json:
        click.echo(json.dumps(found.fields(top), ensure_ascii=False, indent=2))
    else:
        _print(found, top)


def _print(found: Statistics, top: int) -> None:
    replayed = f", {found.replayed:,} of them replayed" if found.replayed else ""
    click.echo(f"{counted(found.letters, 'dead letter')}{replayed}, {size(found.size)}")
    if found.oldest is None or found.newest is None:
        return
    now = epoch_ms()
    click.echo(f"oldest {_about(found.oldest, now)}\nnewest {_about(found.newest, now)}\n")
    _print_counts("Kind", found.kinds)
    click.echo()
    _print_counts("Recipient domain", found.domains[:top])
    if hidden := len(found.domains) - top:
        click.echo(f"and {counted(hidden, 'more domain')}" if hidden > 0 else "", nl=hidden > 0)
    click.echo()
    _print_counts("Hour (UTC)", ((_hour(ms), count) for ms, count in found.hours[-_HOURS:]))
    if (earlier := len(found.hours) - _HOURS) > 0:
        click.echo(f"and {counted(earlier, 'hour')} before")


def _about(letter: DeadLetter, now_ms: int) -> str:
    return f"{age(letter.at_ms, now_ms)} ago, {letter.place}"


def _hour(epoch: int) -> str:
    from app.outcomes.dead_letters import moment

    return (moment(epoch) or "(no time)")[:13].replace("T", " ")


def _print_counts(title: str, counts: Iterable[tuple[str, int]]) -> None:
    rows = list(counts)
    most = max((count for _, count in rows), default=1)
    print_table(
        [Column(title), Column("Letters", whole=True, right=True), Column("")],
        [(name, f"{count:,}", "▇" * max(1, round(count * _BAR / most))) for name, count in rows],
    )
