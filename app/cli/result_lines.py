"""A result as a line: for people, or as it stands in the topic."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any, Final

import click
import orjson

from app.cli.terminal import styled
from app.domain.outcome import Status
from app.outcomes.result_filter import recipients_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from app.outcomes.finality import Course
    from app.outcomes.results_log import Found

_COLOURS: Final[Mapping[str, str]] = {
    Status.DELIVERED: "green",
    Status.RETRYING: "yellow",
    Status.DEAD: "red",
    Status.EXPIRED: "magenta",
}
_STATUS_WIDTH: Final = 10
_ID_WIDTH: Final = 24
# Below it what became of it stands on a line of its own.
_NARROW: Final = 100


class ResultLines:
    """Prints results; `BrokenPipeError` when their reader has left."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        terminal = sys.stdout is not None and sys.stdout.isatty()
        self._width = shutil.get_terminal_size().columns if terminal else None
        self._coloured = terminal

    def results(self, found: Iterable[Found]) -> None:
        """Write them, each on one line."""
        for one in found:
            if self._as_json:
                click.echo(_as_written(one))
            else:
                self._line(*_parts(one.result))

    def outcome(self, names: Mapping[str, str], course: Course) -> None:
        """What became of one message in the end; `status` null when nothing is known of it."""
        if self._as_json:
            recipients = [
                {"address": address, "status": status}
                for address, status in course.statuses.items()
                if address
            ]
            line = {**names, "status": course.status, "recipients": recipients}
            click.echo(orjson.dumps(line))
            return
        status = course.status or "unknown"
        who = ", ".join(
            address if state == status else f"{address} {state}"
            for address, state in course.statuses.items()
        )
        self._line("", status, next(iter(names.values())), who)

    def _line(self, head: str, status: str, name: str, rest: str) -> None:
        head = f"{head}  " if head else ""
        text = (
            f"{head}{status:{_STATUS_WIDTH}}  {_shown(name):{_ID_WIDTH}}  {_shown(rest)}".rstrip()
        )
        below = ""
        if self._width is not None and self._width < _NARROW:
            text, below = f"{head}{status:{_STATUS_WIDTH}}  {_shown(name)}", f"  {_shown(rest)}"
        if self._width is not None:
            text, below = self._cut(text), self._cut(below)
        if self._coloured and (colour := _COLOURS.get(status)):
            start = len(head)
            end = start + len(status)
            text = text[:start] + styled(text[start:end], fg=colour) + text[end:]
        click.echo(f"{text}\n{below}" if below.strip() else text)

    def _cut(self, text: str) -> str:
        if self._width is None or len(text) <= self._width:
            return text
        return f"{text[: self._width - 1]}…"


def _parts(result: Mapping[str, Any]) -> tuple[str, str, str, str]:
    status = str(result["status"])
    who = ", ".join(
        address if state == status else f"{address} {state}"
        for address, state in recipients_of(result)
    )
    said = [who, *_why(result)]
    when = str(result.get("at") or "").partition(".")[0].replace("T", " ")
    return f"{when:19}", status, str(result["id"]), "  ".join(each for each in said if each)


def _why(result: Mapping[str, Any]) -> Iterable[str]:
    """What a person asks next: why not, and when again."""
    attempt = result.get("attempt")
    if isinstance(attempt, int) and attempt > 1:
        yield f"attempt {attempt}"
    if result.get("error_kind"):
        codes = " ".join(
            str(result[each]) for each in ("code", "enhanced_code", "reply") if result.get(each)
        )
        yield f"{result['error_kind']}: {codes}" if codes else str(result["error_kind"])
    if result.get("next_attempt_at"):
        yield f"next {str(result['next_attempt_at']).partition('.')[0].partition('T')[2]}"


def _as_written(one: Found) -> bytes:
    """The bytes in the topic; foreign ones that hold line breaks are brought to one line."""
    value = one.record.value or b""
    return orjson.dumps(one.result) if b"\n" in value or b"\r" in value else value


def _shown(text: str) -> str:
    """Producers name messages as they like; a terminal shall obey none of it."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)
