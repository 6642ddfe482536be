"""A bar for each step of a run: on a terminal only, on standard error, gone at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import click

from app.cli.progress import new_bar
from app.cli.shown import counted

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress, TaskID


class Steps:
    """Says what is done now, and how far that is."""

    def __init__(self, bar: Callable[[], Progress | None] = new_bar) -> None:
        self._bar = bar()
        self._task: TaskID | None = None
        self._text = ""

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._task = self._bar.add_task("", total=None, count="")
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def step(self, text: str) -> None:
        """Another one, of which nobody knows how long it takes."""
        self._text = text
        self._update(None, 0.0, text)

    def far(self, mails: int, part: float) -> None:
        """So many mails of this step, and so much of it, 0 to 1."""
        self._update(1.0, min(part, 1.0), f"{self._text}: {counted(mails, 'mail')}")

    def say(self, text: str) -> None:
        """A line that stays, on standard error."""
        if self._bar is None:
            click.echo(text, err=True)
        else:
            self._bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def _update(self, total: float | None, done: float, count: str) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, total=total, completed=done, count=count)
