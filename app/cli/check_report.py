"""What a check found, as a list or as JSON, and as an exit code."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from contextlib import nullcontext
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, Self

import click

from app.bootstrap.checkup.everything import parts_of
from app.bootstrap.checkup.rounds import go_round
from app.cli.shown import counted, harmless
from app.domain.finding import Verdict
from app.kafka import hush

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.text import Text

    from app.bootstrap.checkup.rounds import Part
    from app.domain.finding import Area, Finding
    from app.settings import Loaded

_COLOURS: Final = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red"}
# A part takes several steps, each of which may take the time that a server has.
_STEPS: Final = 4
_VERDICT: Final = max(map(len, Verdict))
_INDENT: Final = " " * (_VERDICT + 4)


async def report(
    loaded: Loaded,
    areas: Collection[Area],
    *,
    seconds: float,
    dns: tuple[str, int] | None,
    as_json: bool,
) -> int:
    """Look at all of it, print what was found, and give the exit code."""
    # The library would tell of each try; what comes of them is found.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    hush(asyncio.get_running_loop())
    began = time.monotonic()
    parts = list(parts_of(loaded, areas, seconds=seconds, dns=dns, now=datetime.now(UTC)))
    waiting = [part.subject for part in parts]
    with _Progress(waiting) if sys.stderr.isatty() else nullcontext() as progress:

        def done(part: Part) -> None:
            waiting.remove(part.subject)
            if progress is not None:
                progress.tell(waiting)

        found = await go_round(parts, seconds * _STEPS, done)
    taken = time.monotonic() - began
    if as_json:
        click.echo(json.dumps(_document(found, taken), indent=2, ensure_ascii=False))
    else:
        if found:
            _print(found)
            click.echo()
        click.echo(_summary(found, taken))
    return _exit_code(found)


def _exit_code(found: Sequence[Finding]) -> int:
    if any(each.unreachable for each in found):
        return 3
    return 1 if any(each.verdict is Verdict.PROBLEM for each in found) else 0


def _document(found: Sequence[Finding], seconds: float) -> dict[str, Any]:
    worst = max((each.verdict for each in found), key=list(Verdict).index, default=Verdict.OK)
    return {
        "verdict": worst,
        "seconds": round(seconds, 3),
        "findings": [
            {
                "area": each.area,
                "subject": each.subject,
                "verdict": each.verdict,
                "code": each.code or None,
                "text": each.words,
                "why": each.why or None,
                "mend": each.mend or None,
                "unreachable": each.unreachable,
            }
            for each in found
        ],
    }


def _print(found: Sequence[Finding]) -> None:
    """Lines are whole, so that a command in them can be copied; a terminal wraps them."""
    from rich.console import Console  # slow to import, and --json does without

    console = Console(highlight=False)
    width = max((len(each.subject) for each in found), default=0)
    with console.capture() as captured:
        for area, members in groupby(found, key=lambda each: each.area):
            console.print(area.title(), style="bold cyan")
            for each in members:
                for line in _lines(each, width):
                    console.print(line, soft_wrap=True)
    click.echo(captured.get(), nl=False)


def _lines(found: Finding, width: int) -> Iterator[Text]:
    from rich.text import Text  # as above

    line = Text("  ")
    line.append(f"{found.verdict:{_VERDICT}}", style=_COLOURS[found.verdict])
    yield line.append(f"  {harmless(found.subject):{width}}  {harmless(found.words)}")
    if found.why:
        yield Text(f"{_INDENT}{harmless(found.why)}", style="dim")
    if found.mend:
        yield Text(f"{_INDENT}→ {harmless(found.mend)}")


def _summary(found: Sequence[Finding], seconds: float) -> str:
    ok, warnings, problems = (sum(each.verdict is one for each in found) for one in Verdict)
    if not found:
        return "Nothing was looked at: no setting names anything in these areas."
    if not problems and not warnings:
        return f"All is well: {ok} looked at in {seconds:.1f} s."
    told = f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}"
    return f"{told}, {ok} ok, in {seconds:.1f} s."


class _Progress:
    """A line on a terminal of what is still waited for; gone at the end."""

    def __init__(self, waiting: Sequence[str]) -> None:
        from rich.console import Console  # for a terminal only

        self._status = Console(stderr=True).status(self._line(waiting))

    def __enter__(self) -> Self:
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def tell(self, waiting: Sequence[str]) -> None:
        self._status.update(self._line(waiting))

    @staticmethod
    def _line(waiting: Sequence[str]) -> str:
        from rich.markup import escape

        return escape(f"Looking at {', '.join(waiting)}")
