"""Flags that say which dead letters are meant."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import click
from typing_extensions import override

from app.cli.flags import KAFKA_CONNECTION_FIELDS
from app.cli.moments import MomentType
from app.cli.verbs import HeadedOption
from app.domain.clock import epoch_ms
from app.domain.outcome import ErrorKind
from app.settings.quantities import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.outcomes.dead_letters import Place, Selection

TOPIC: Final = (*KAFKA_CONNECTION_FIELDS, "email_dlq_topic")
COMPOSING: Final = (
    "email_from",
    "email_templates",
    "email_envelope_from",
    "email_max_bytes",
    "email_ttl",
)
_FIELDS: Final = ("kinds", "types", "ids", "text", "since", "until", "older_than", "newer_than")


class Age(click.ParamType[int]):
    """A duration back from now, as epoch milliseconds."""

    name = "age"

    @override
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return epoch_ms() - round(parse_duration(value) * 1000)
        except (ValueError, OverflowError) as error:
            self.fail(f"{value!r}: {error}; allowed: a duration such as 30m, 2h, 7d", param, ctx)


class PlaceType(click.ParamType["Place"]):
    """PARTITION/OFFSET."""

    name = "place"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Place:
        from app.outcomes.dead_letters import Place  # a stage

        if isinstance(value, Place):
            return value
        try:
            return Place.parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Selecting(HeadedOption):
    heading = "Which letters"


_flag = partial(click.option, cls=_Selecting)

_FLAGS: Final = (
    _flag(
        "--kind",
        "kinds",
        multiple=True,
        type=click.Choice([str(kind) for kind in ErrorKind]),
        metavar="KIND",
        help="Error kind, as `list` shows it; may be repeated.",
    ),
    _flag("--type", "types", multiple=True, metavar="NAME", help="Message type; may be repeated."),
    _flag("--id", "ids", multiple=True, metavar="ID", help="Message id; may be repeated."),
    _flag("--text", default="", metavar="TEXT", help="The error's text has this in it."),
    _flag("--since", type=MomentType(epoch_ms), metavar="WHEN", help="Failed then or later."),
    _flag("--until", type=MomentType(epoch_ms), metavar="WHEN", help="Failed before then."),
    _flag("--newer-than", type=Age(), metavar="DURATION", help="Failed less long ago, like 2h."),
    _flag("--older-than", type=Age(), metavar="DURATION", help="Failed longer ago."),
)


def selection_flags(command: click.Command) -> click.Command:
    """Give a command the flags that `selection_of` reads."""
    with_flag: Callable[[click.Command], click.Command]
    for with_flag in _FLAGS:
        command = with_flag(command)
    return command


def is_selective(parameters: dict[str, Any]) -> bool:
    """Whether any of these flags was given."""
    return any(parameters[name] not in {None, "", ()} for name in _FIELDS)


def selection_of(parameters: dict[str, Any]) -> Selection:
    """What the flags ask for; takes them out of the parameters."""
    from app.outcomes.dead_letters import Selection  # a stage

    given = {name: parameters.pop(name) for name in _FIELDS}
    since = [each for each in (given["since"], given["newer_than"]) if each is not None]
    until = [each for each in (given["until"], given["older_than"]) if each is not None]
    return Selection(
        kinds=frozenset(given["kinds"]),
        types=frozenset(given["types"]),
        ids=frozenset(given["ids"]),
        since_ms=max(since, default=None),
        until_ms=min(until, default=None),
        text=given["text"],
    )
