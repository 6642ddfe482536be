"""Tables for pipes, for terminals, and for those too narrow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from rich.text import Text

from app.cli.tables import Column, Heading, Row, print_table

if TYPE_CHECKING:
    import pytest

COLUMNS = (Column("Topic", whole=True), Column("Why"), Column("Count", whole=True, right=True))
ROWS: list[Row] = [
    Heading("Mail"),
    ("email-queue", "what is to be sent, as its producers wrote it", "3"),
    ("email-dlq", Text("given up", style="red"), ""),
]


def _lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int | None
) -> list[str]:
    if width is not None:
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("TERM", "xterm")
        monkeypatch.setenv("COLUMNS", str(width))
    print_table(COLUMNS, ROWS)
    return [line.rstrip() for line in click.unstyle(capsys.readouterr().out).splitlines()]


def test_a_pipe_gets_whole_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _lines(monkeypatch, capsys, None) == [
        "Topic        Why                                            Count",
        "",
        "Mail",
        "email-queue  what is to be sent, as its producers wrote it      3",
        "email-dlq    given up",
    ]


def test_a_terminal_gets_what_has_room(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, _, row, _ = _lines(monkeypatch, capsys, 45)
    assert row.startswith("email-queue  what is to be sent")
    assert "…" in row
    assert row.endswith("3")
    assert len(row) <= 45


def test_a_narrow_terminal_gets_a_paragraph_for_each_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _lines(monkeypatch, capsys, 30) == [
        "Mail",
        "",
        "email-queue",
        "  Why    what is to be sent, as its producers wrote it",
        "  Count  3",
        "",
        "email-dlq",
        "  Why    given up",
    ]


def test_an_empty_table_is_its_titles(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, [])
    assert capsys.readouterr().out == "Topic  Why  Count\n"
