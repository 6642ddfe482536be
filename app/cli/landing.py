"""Telling where each message landed, while they are on their way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

import click

from app.cli.progress import Bar
from app.cli.terminal import Lines, complain, warn

if TYPE_CHECKING:
    from app.cli.posting import Landed, Refusal


class Landing:
    """A line on standard output for each message, what was refused on standard error.

    `many`: there is also a sum at the end and, on a terminal, a bar; `total` are the input's
    bytes, None when nobody knows. With `keep`, `origins` has the place of each, and its id.
    """

    def __init__(
        self,
        *,
        as_json: bool,
        many: bool = False,
        total: int | None = None,
        keep: bool = False,
    ) -> None:
        self.written = 0
        self.origins: dict[str, str] | None = {} if keep else None
        self.refusals = 0
        self._as_json = as_json
        self._many = many
        self._lines = Lines()
        self._in_trouble = False
        self._bar = Bar("sending", total=total, count=_messages(0), shown=many)

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._bar.__exit__()
        if self._many and (kind is None or self.written or self.refusals):
            click.echo(self.summary, err=True)

    @property
    def summary(self) -> str:
        """What came of them, for people."""
        refused = f", {self.refusals:,} refused" if self.refusals else ""
        return f"{_messages(self.written)} in the queue{refused}"

    def landed(self, landed: Landed) -> None:
        self.written += 1
        topic, partition, offset = landed.where
        if self.origins is not None:
            self.origins[f"{topic}/{partition}/{offset}"] = (
                landed.id or f"{topic}-{partition}-{offset}"
            )
        if self._as_json:
            self._lines.say(
                _json(
                    line=landed.line or None,
                    id=landed.id,
                    topic=topic,
                    partition=partition,
                    offset=offset,
                )
            )
        else:
            name = f"  {landed.id}" if landed.id else ""
            line = f"line {landed.line}: " if landed.line else ""
            self._lines.say(f"{line}{topic}/{partition}/{offset}{name}")

    def refused(self, refusal: Refusal) -> None:
        self.refusals += 1
        text = f"{refusal.field}: {refusal.reason}" if refusal.field else refusal.reason
        if self._as_json:
            self._lines.say(
                _json(line=refusal.line or None, field=refusal.field or None, error=refusal.reason)
            )
        complain(f"line {refusal.line}: {text}" if refusal.line else text)

    def read(self, total: int) -> None:
        self._bar.move(total, _messages(self.written))

    def trouble(self, reason: str | None) -> None:
        if reason is not None and not self._in_trouble:
            warn(f"trying again: {reason}")
        self._in_trouble = reason is not None


def _messages(count: int) -> str:
    return "1 message" if count == 1 else f"{count:,} messages"


def _json(**entry: object) -> str:
    """What is None is left out."""
    known = {name: value for name, value in entry.items() if value is not None}
    return json.dumps(known, ensure_ascii=False)
