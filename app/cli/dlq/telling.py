"""Telling how a replay goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Self

import click

from app.cli.progress import Bar
from app.cli.shown import counted
from app.cli.terminal import Lines, complain
from app.outcomes.dead_letters import Fate, Handled

if TYPE_CHECKING:
    from collections.abc import Callable


class Telling:
    """A line for each letter that goes, complaints on standard error, a sum at the end.

    On a terminal there is a bar meanwhile. Letters replayed before are counted only, unless
    they were named.
    """

    def __init__(
        self, *, to: str, as_json: bool, named: bool, dry_run: bool, scrub: Callable[[str], str]
    ) -> None:
        self._to = to
        self._as_json = as_json
        self._named = named
        self._dry_run = dry_run
        self._scrub = scrub
        self._counts = dict.fromkeys(Fate, 0)
        self._lines = Lines()
        self._bar = Bar("replaying")

    @property
    def failures(self) -> int:
        return self._counts[Fate.FAILED]

    def __enter__(self) -> Self:
        self._bar.__enter__()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._bar.__exit__()
        click.echo(self._summary(whole=kind is None), err=True)

    def handled(self, handled: Handled) -> None:
        self._counts[handled.fate] += 1
        if self._as_json:
            self._lines.say(json.dumps(self._fields(handled), ensure_ascii=False))
        if handled.fate is Fate.FAILED:
            letter = handled.letter
            prefix = f"{handled.place}: " if letter is not None else ""
            complain(f"{prefix}{self._scrub(handled.note)}")
        elif not self._as_json and (handled.fate is not Fate.ALREADY or self._named):
            self._lines.say(self._line(handled))

    def looked(self, done: int, total: int) -> None:
        going = self._counts[Fate.REPLAYED] + self._counts[Fate.WOULD]
        self._bar.move(done, counted(going, "letter"), total)

    def _fields(self, handled: Handled) -> dict[str, object]:
        letter = handled.letter
        return {
            "partition": handled.place.partition,
            "offset": handled.place.offset,
            "id": letter.id if letter else None,
            "recipients": list(letter.recipients) if letter else [],
            "status": handled.fate.value,
            "to": self._to,
            "note": handled.note or None,
        }

    def _line(self, handled: Handled) -> str:
        letter = handled.letter
        name = self._scrub(letter.id) if letter else ""
        if handled.fate is Fate.ALREADY:
            note = handled.note and f" {handled.note}"
            return f"{handled.place}  {name}  was replayed before{note}: --again sends it again"
        note = f"  {self._scrub(handled.note)}" if handled.note else ""
        return f"{handled.place}  {name}  to {self._to}{note}"

    def _summary(self, *, whole: bool) -> str:
        going = counted(self._counts[Fate.WOULD if self._dry_run else Fate.REPLAYED], "letter")
        said = f"{going} would go to {self._to}" if self._dry_run else f"{going} sent to {self._to}"
        if already := self._counts[Fate.ALREADY]:
            said += f", {already:,} left alone as replayed before"
        if failed := self._counts[Fate.FAILED]:
            said += f", {failed:,} not possible"
        if not whole and not self._dry_run:
            said += "; this run sent no more. Run it again to go on: nothing goes twice"
        return said
