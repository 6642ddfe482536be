"""`kafka-mailer dlq purge`."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import click

from app.cli.dlq.flags import TOPIC, Age
from app.cli.flags import load_from, settings_flags
from app.cli.shown import counted
from app.cli.tables import Column, print_table
from app.cli.terminal import agreed
from app.cli.verbs import ExamplesCommand

if TYPE_CHECKING:
    from app.outcomes.dead_letters import Letters, Prefix


@settings_flags(*TOPIC)
@click.command(
    "purge",
    cls=ExamplesCommand,
    short_help="Delete old dead letters for good.",
    examples=(
        ("kafka-mailer dlq purge --older-than 30d --dry-run", ""),
        ("kafka-mailer dlq purge --older-than 30d --yes", "asks nothing"),
        ("kafka-mailer dlq purge --all", ""),
    ),
)
@click.option("--older-than", type=Age(), metavar="DURATION", help="What was written longer ago.")
@click.option("--all", "everything", is_flag=True, help="All that is there now.")
@click.option("--dry-run", is_flag=True, help="Say what would go, delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each partition.")
def purge_letters(
    *,
    older_than: int | None,
    everything: bool,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Delete old dead letters for good, replayed or not.

    Kafka deletes from the beginning of a partition only: up to the first letter that is younger.
    """
    if everything is (older_than is not None):
        raise click.UsageError("Say what goes: either --older-than or --all.")
    if not (dry_run or yes or sys.stdin.isatty()):
        raise click.UsageError("Nobody is there to be asked: give --yes to delete, or --dry-run.")
    settings = load_from(parameters).settings
    from app.bootstrap.configs import kafka_config
    from app.cli.dlq.session import on_letters
    from app.outcomes.dead_letters import prefixes, purge

    async def look(letters: Letters) -> list[Prefix]:
        return await prefixes(letters, older_than)

    async def delete(letters: Letters) -> None:
        await purge(letters, meant, kafka_config(settings))

    meant = on_letters(settings, look)
    if dry_run or not yes:
        _print(meant, as_json=as_json, done=False)
    total = sum(each.length for each in meant)
    if dry_run:
        return 0
    if total and not yes:
        what = counted(total, "dead letter")
        if not agreed(f"Delete {what} of {settings.email_dlq_topic} for good?"):
            return 1
    on_letters(settings, delete)
    if yes:
        _print(meant, as_json=as_json, done=True)
    click.echo(f"{counted(total, 'dead letter')} deleted", err=True)
    return 0


def _print(meant: list[Prefix], *, as_json: bool, done: bool) -> None:
    if as_json:
        for each in meant:
            click.echo(json.dumps({**each._asdict(), "deleted": done}))
        return
    print_table(
        [
            Column("Partition", right=True),
            Column("Deleted" if done else "To delete"),
            Column("Stay"),
        ],
        [
            (str(each.partition), _span(each.first, each.before), _span(each.before, each.end))
            for each in meant
        ],
    )


def _span(first: int, before: int) -> str:
    return f"offsets {first} to {before - 1}" if first < before else "none"
