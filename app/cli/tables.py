"""One look for all tables: no lines, whole for a pipe, fitted to a terminal.

A terminal too narrow for the columns gets a paragraph for each row instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import click

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_WIDE: Final = 10_000
# Of a cell that is shortened, so much has to be left to tell anything.
_LEAST: Final = 12
_GAP: Final = 2


class Column(NamedTuple):
    """`whole`: never shortened on a narrow terminal, as the others are; `folds`: broken instead."""

    title: str
    whole: bool = False
    right: bool = False
    folds: bool = False


class Heading(NamedTuple):
    """Stands above the rows that follow."""

    title: str


Row: TypeAlias = "Sequence[str | Text] | Heading"


def print_table(columns: Sequence[Column], rows: Iterable[Row], *, err: bool = False) -> None:
    """Cells are plain text, or text in colours, one line each; what has no room is shortened."""
    from rich.console import Console  # slow to import, and --json does without

    console = Console(highlight=False, stderr=err)
    found = list(rows)
    if not console.is_terminal:
        console.width = _WIDE  # a reader of a pipe gets whole lines
        with console.capture() as captured:
            console.print(_table(columns, found))
        lines = (line.rstrip() for line in captured.get().splitlines())
        click.echo("\n".join(lines), err=err)
    elif _fits(columns, found, console.width):
        console.print(_table(columns, found))
    else:
        _print_paragraphs(console, columns, found)


def _fits(columns: Sequence[Column], rows: Sequence[Row], width: int) -> bool:
    from rich.cells import cell_len

    needed = _GAP * (len(columns) - 1)
    for index, column in enumerate(columns):
        cells = [str(row[index]) for row in rows if not isinstance(row, Heading)]
        longest = max(map(cell_len, [column.title, *cells]))
        needed += longest if column.whole else min(longest, _LEAST)
    return needed <= width


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for column in columns:
        table.add_column(
            Text(column.title),
            no_wrap=column.whole,
            justify="right" if column.right else "left",
        )
    for row in rows:
        if isinstance(row, Heading):
            table.add_row()
            table.add_row(Text(row.title, style="bold cyan"))
        else:
            table.add_row(*map(_cell, columns, row))
    return table


def _cell(column: Column, cell: str | Text) -> Text:
    from rich.text import Text

    text = Text(cell) if isinstance(cell, str) else cell
    if column.folds:
        text.overflow = "fold"
    else:
        text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _print_paragraphs(console: Console, columns: Sequence[Column], rows: Sequence[Row]) -> None:
    from rich.text import Text

    titles = max(len(column.title) for column in columns[1:])
    for number, row in enumerate(rows):
        if number:
            console.print()
        if isinstance(row, Heading):
            console.print(Text(row.title, style="bold cyan"))
            continue
        # A number alone would not say of what.
        head = f"{columns[0].title} {row[0]}" if columns[0].right else str(row[0])
        console.print(Text(head, style="bold"), soft_wrap=True)
        for column, cell in zip(columns[1:], row[1:], strict=True):
            if str(cell):
                line = Text.assemble(f"  {column.title:{titles}}  ", cell)
                console.print(line, soft_wrap=True)
