"""Bars for what can take long: on a terminal only, on standard error, gone when it is done."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress, TaskID

# What is done before needs no bar.
SOON_S: Final = 0.5


def new_bar() -> Progress | None:
    """With a text `count` beside it; None where no terminal would show it."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.fields[count]}"),
        BarColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=sys.stdout is not None and sys.stdout.isatty(),
    )


class Bar:
    """One bar for a whole run; none where `shown` is False or no terminal would show it."""

    def __init__(
        self, what: str, *, total: int | None = None, count: str = "", shown: bool = True
    ) -> None:
        self._progress = new_bar() if shown else None
        if self._progress is not None:
            self._task = self._progress.add_task(what, total=total, count=count)

    def __enter__(self) -> Self:
        if self._progress is not None:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def move(self, done: int, count: str, total: int | None = None) -> None:
        """`total` None: as before."""
        if self._progress is not None:
            self._progress.update(self._task, completed=done, count=count, total=total)


class Reading:
    """How far a topic is read, or written; shows itself when that takes longer than a moment."""

    def __init__(
        self,
        noun: str = "records",
        *,
        bar: Callable[[], Progress | None] = new_bar,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._noun = noun
        self._new_bar = bar
        self._monotonic = monotonic
        self._since: float | None = None
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def __call__(self, done: int, total: int) -> None:
        """So many of so many are done."""
        if done >= total:
            self.end()
            return
        if self._since is None:
            self._since = self._monotonic()
        if self._task is None and self._monotonic() - self._since >= SOON_S:
            self._begin()
        if self._bar is not None and self._task is not None:
            count = f"{done:,} of {total:,} {self._noun}"
            self._bar.update(self._task, completed=done, total=total, count=count)

    def end(self) -> None:
        """Take it away; a later call of it begins anew."""
        if self._bar is not None:
            self._bar.stop()
        self._bar, self._task, self._since = None, None, None

    def _begin(self) -> None:
        self._bar = self._new_bar()
        if self._bar is not None:
            self._task = self._bar.add_task("reading", total=None, count="")
            self._bar.start()
