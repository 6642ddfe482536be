"""What the command prints, for people or as JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.shown import age, harmless
from app.cli.tables import Column, print_table
from app.cli.terminal import complain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.cli.suppressions.subjects import Subject, Unreadable
    from app.domain.suppression import Suppression

_COLUMNS: Final = (
    Column("Digest"),
    Column("Source", whole=True),
    Column("Age", whole=True, right=True),
    Column("Until (UTC)", whole=True),
    Column("Reason"),
)


class Printer:
    """Says it on standard output; what is wrong on standard error, and in JSON on both."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.wrong = 0

    def listed(self, entries: Iterable[tuple[bytes, Suppression]], now_ms: int) -> None:
        """A table for people."""
        if self._as_json:
            for digest, it in entries:
                self._json(digest=digest.hex(), **it.fields())
            return
        rows = list(entries)
        if not rows:
            click.echo("no such entries", err=True)
            return
        print_table(
            _COLUMNS,
            [
                (digest.hex(), it.source, age(it.since_ms, now_ms), _until(it), _why(it))
                for digest, it in rows
            ],
        )

    def done(self, what: str, subject: Subject) -> None:
        """`added`, `removed` or `not there`."""
        if self._as_json:
            self._json(line=subject.line or None, digest=subject.digest.hex(), done=what)
        else:
            click.echo(f"{subject.place}{what}  {subject.shown}")

    def checked(self, subject: Subject, it: Suppression | None) -> None:
        if self._as_json:
            facts = {} if it is None else it.fields()
            self._json(digest=subject.digest.hex(), suppressed=it is not None, **facts)
        elif it is None:
            click.echo(f"{subject.shown} is not suppressed")
        else:
            click.echo(f"{subject.shown} is suppressed: {_facts(it)}")

    def unreadable(self, line: Unreadable) -> None:
        self._wrong(line.line, line.reason)

    def refused(self, subject: Subject, reason: str) -> None:
        self._wrong(subject.line, f"{subject.shown}: {reason}")

    def _wrong(self, line: int, reason: str) -> None:
        self.wrong += 1
        if self._as_json:
            self._json(line=line or None, error=reason)
        complain(f"line {line}: {reason}" if line else reason)

    def _json(self, **entry: Any) -> None:
        known = {
            name: value for name, value in entry.items() if value is not None or name == "until"
        }
        click.echo(json.dumps(known, ensure_ascii=False))


def _facts(it: Suppression) -> str:
    facts = it.fields()
    until = "for ever" if facts["until"] is None else f"until {facts['until']}"
    said = (str(it.source), f"since {facts['since']}", until, _why(it))
    return ", ".join(each for each in said if each)


def _why(it: Suppression) -> str:
    """Any program may have written this."""
    said = "  ".join(each for each in (it.reason, it.code, it.mail_id) if each)
    return harmless(" ".join(said.splitlines()))


def _until(it: Suppression) -> str:
    until = it.fields()["until"]
    return "for ever" if until is None else str(until)[:16].replace("T", " ")
