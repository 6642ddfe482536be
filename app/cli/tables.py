"""One look for all tables: no lines, whole for a pipe, fitted to a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.table import Table
    from rich.text import Text

_WIDE = 10_000
_NARROWEST = 80


class Column(NamedTuple):
    """`whole`: never shortened on a narrow terminal, as the others are."""

    title: str
    whole: bool = False
    right: bool = False


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> None:
    """Cells are plain text, or text in colours, one line each; what has no room is shortened."""
    from rich.table import Table  # noqa: PLC0415  # slow to import, and --json does without
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(
            Text(column.title),
            no_wrap=column.whole,
            justify="right" if column.right else "left",
        )
    for row in rows:
        table.add_row(
            *(
                Text(cell, no_wrap=True, overflow="ellipsis") if isinstance(cell, str) else cell
                for cell in row
            )
        )
    show(table)


def show(table: Table) -> None:
    """Print a table of rich's on standard output."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False)
    if console.is_terminal:
        # On a narrower one the lines wrap: cells of which nothing is left would tell nothing.
        console.width = max(console.width, _NARROWEST)
        console.print(table)
        return
    console.width = _WIDE  # a reader of a pipe gets whole lines
    with console.capture() as captured:
        console.print(table)
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))
