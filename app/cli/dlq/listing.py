"""`kafka-mailer dlq list`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.dlq.flags import TOPIC, selection_flags, selection_of
from app.cli.flags import load_from, settings_flags
from app.cli.shown import age, counted
from app.cli.tables import Column, print_table
from app.cli.verbs import ExamplesCommand
from app.domain.clock import epoch_ms

if TYPE_CHECKING:
    from app.outcomes.dead_letters import Letters, Listed, Newest, Selection
    from app.settings import Settings

_MOST: Final = 100_000
_SHOWN: Final = 50


@settings_flags(*TOPIC, "log_addresses")
@selection_flags
@click.command(
    "list",
    cls=ExamplesCommand,
    short_help="List dead letters, the newest last.",
    examples=(
        ("kafka-mailer dlq list", ""),
        ("kafka-mailer dlq list --kind policy --kind content --newer-than 1d", ""),
        ('kafka-mailer dlq list --text "mailbox full" --limit 1000', ""),
        ("kafka-mailer dlq list --json | jq -r .id", ""),
    ),
)
@click.option(
    "--limit",
    type=click.IntRange(1, _MOST),
    metavar="N",
    help=f"The newest N of them; else {_SHOWN}, with --json all, as they come.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each letter.")
def list_letters(*, limit: int | None, as_json: bool, **parameters: Any) -> None:
    """List dead letters, the newest last.

    The table shows addresses as LOG_ADDRESSES says (masked); --json and `dlq show` show them whole.
    """
    settings = load_from(parameters).settings
    from app.cli.dlq.session import on_letters
    from app.outcomes.dead_letters import each_letter, newest_letters

    selection = selection_of(parameters)

    async def stream(letters: Letters) -> None:
        async for listed in each_letter(letters, selection):
            click.echo(_line(listed))

    async def newest(letters: Letters) -> Newest:
        return await newest_letters(letters, selection, limit or _SHOWN)

    if as_json and limit is None:
        on_letters(settings, stream)
        return
    found = on_letters(settings, newest)
    if as_json:
        for listed in found.found:
            click.echo(_line(listed))
    else:
        _print(found, settings, selection)


def _line(listed: Listed) -> str:
    from app.outcomes.dead_letters import moment

    letter, mark = listed
    fields = letter.fields()
    fields["replayed"] = mark is not None
    fields["replayed_at"] = moment(mark.at_ms) if mark and mark.at_ms is not None else None
    return json.dumps(fields, ensure_ascii=False)


def _print(newest: Newest, settings: Settings, selection: Selection) -> None:
    from app.outcomes.dead_letters import EVERYTHING
    from app.telemetry import AddressView

    scrub = AddressView(settings.log_addresses).scrub
    found, matching = newest
    if not found:
        none = f"no dead letters in {settings.email_dlq_topic}"
        click.echo(none if selection == EVERYTHING else f"{none} match", err=True)
        return
    now = epoch_ms()
    columns = [
        Column("Place", whole=True),
        Column("Age", whole=True, right=True),
        Column("Id"),
        Column("Type"),
        Column("Kind", whole=True),
        Column("Code", whole=True),
        Column("Error"),
    ]
    rows = [
        [
            str(letter.place),
            age(letter.at_ms, now),
            scrub(letter.id),
            letter.type or "",
            letter.kind or "",
            letter.code or "",
            scrub(letter.text or "; ".join(letter.notes)),
        ]
        for letter, _ in found
    ]
    if not any(letter.type for letter, _ in found):
        del columns[3]
        for row in rows:
            del row[3]
    if any(mark for _, mark in found):
        columns.insert(2, Column("Replayed", whole=True))
        for row, (_, mark) in zip(rows, found, strict=True):
            row.insert(2, _when(mark.at_ms, now) if mark else "")
    print_table(columns, rows)
    if matching > len(found):
        hidden = matching - len(found)
        click.echo(f"{counted(hidden, 'older letter')} not shown: --limit shows more", err=True)


def _when(at_ms: int | None, now_ms: int) -> str:
    return "yes" if at_ms is None else age(at_ms, now_ms)
