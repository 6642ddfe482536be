"""What the command prints, for people or as JSON lines."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.terminal import complain

if TYPE_CHECKING:
    from app.cli.suppressions.subjects import Subject, Unreadable
    from app.domain.suppression import Suppression

_DIGEST_WIDTH: Final = 64
_TIME_WIDTH: Final = 24


class Printer:
    """Says it on standard output; what is wrong on standard error, and in JSON on both."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self.wrong = 0

    def header(self) -> None:
        """The names of the columns of `listed`."""
        if not self._as_json:
            click.echo(
                f"{'DIGEST':{_DIGEST_WIDTH}}  SOURCE  {'SINCE':{_TIME_WIDTH}}  "
                f"{'UNTIL':{_TIME_WIDTH}}  REASON"
            )

    def listed(self, digest: bytes, it: Suppression) -> None:
        if self._as_json:
            self._json(digest=digest.hex(), **it.fields())
        else:
            click.echo(f"{digest.hex()}  {_facts(it)}")

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
            click.echo(f"{subject.shown} is suppressed: {_facts(it).strip()}")

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
    fields = it.fields()
    rest = "  ".join(each for each in (it.reason, it.code, it.mail_id) if each)
    until = fields["until"] or "for ever"
    return f"{it.source:6}  {fields['since']:{_TIME_WIDTH}}  {until:{_TIME_WIDTH}}  {rest}".rstrip()
