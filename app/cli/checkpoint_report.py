"""Checkpoints as a table or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from rich.text import Text

from app.bootstrap.configs import routes
from app.cli.reaching import reached
from app.cli.shown import span
from app.cli.tables import Column, print_table
from app.cli.terminal import complain, styled
from app.domain.clock import epoch_ms
from app.domain.errors import Fatal
from app.domain.record import Partition
from app.intake.checkpoint import MAX_CHARACTERS
from app.intake.inspection import Inspected, Writer, inspect_group, runs
from app.kafka import Admin, persistent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.kafka import KafkaConfig
    from app.settings import Settings

_ANSWER_S: Final = 30.0
_MOST_RUNS: Final = 12
_COLUMNS: Final = (
    *(
        Column(title, whole=True, right=True)
        for title in ("Partition", "Committed", "Position", "Lag", "Unsettled", "Oldest", "Size")
    ),
    Column("Checkpoint"),
)
_TROUBLED: Final = {Writer.UNREADABLE: "bold red", Writer.FOREIGN: "yellow"}


class Shown(NamedTuple):
    """One topic; `orphaned`: a tier that the settings do not name any more."""

    topic: str
    group: str
    orphaned: bool
    partitions: list[Inspected]


async def report(settings: Settings, *, ages: int | None, as_json: bool) -> int:
    """Print them; the exit code, 1 where a checkpoint cannot be read."""
    async with reached(settings) as config:
        shown = await _look(config, settings, ages)
    if as_json:
        click.echo(json.dumps([_entry(one) for one in shown], indent=2))
    else:
        _print_tables(shown, ages)
    unreadable = [one for topic in shown for one in topic.partitions if one.trouble]
    for one in unreadable:
        complain(f"{one.partition.topic}/{one.partition.number}: {one.trouble}")
    return 1 if unreadable else 0


async def _look(config: KafkaConfig, settings: Settings, ages: int | None) -> list[Shown]:
    schedule = routes(settings).schedule
    async with Admin(config) as admin:
        topics = await persistent(admin.topics, _ANSWER_S)
    if settings.kafka_topic not in topics:
        raise Fatal(
            f"topic {settings.kafka_topic} does not exist (KAFKA_TOPIC); "
            "the service creates it when it starts"
        )
    tiers = sorted(filter(schedule.is_tier, topics), key=lambda one: schedule.tier_delay(one) or 0)
    shown = []
    for names, group in (
        ([settings.kafka_topic], settings.kafka_group_id),
        (tiers, f"{settings.kafka_group_id}-retry"),
    ):
        partitions = [
            Partition(name, number) for name in names for number in range(topics[name].partitions)
        ]
        found = await inspect_group(config, group, partitions, now_ms=epoch_ms(), ages=ages)
        for name in names:
            mine = [one for one in found if one.partition.topic == name]
            orphaned = schedule.is_tier(name) and name not in schedule.topics
            shown.append(Shown(name, group, orphaned, mine))
    return shown


def _entry(one: Shown) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "group": one.group,
        "orphaned": one.orphaned,
        "partitions": [
            {
                "partition": part.partition.number,
                "checkpoint": part.writer,
                "committed": part.committed,
                "position": part.position,
                "lag": part.lag,
                "log_start": part.first,
                "log_end": part.end,
                "unsettled_count": len(part.unsettled),
                "unsettled_gone": part.gone,
                "unsettled": list(part.unsettled),
                "ages_ms": {str(offset): age for offset, age in part.ages_ms.items()},
                "characters": part.characters,
                "characters_allowed": MAX_CHARACTERS,
                "policy": part.policy,
                "error": part.trouble,
            }
            for part in one.partitions
        ],
    }


def _print_tables(shown: Sequence[Shown], ages: int | None) -> None:
    for number, one in enumerate(shown):
        if number:
            click.echo()
        mark = f"  {styled('orphaned', fg='yellow')}" if one.orphaned else ""
        click.echo(f"{styled(one.topic, bold=True)}  group {one.group}{mark}")
        print_table(_COLUMNS, map(_row, one.partitions))
        for part in one.partitions:
            if part.unsettled:
                click.echo(_unsettled(part, ages))


def _row(part: Inspected) -> Sequence[str | Text]:
    state = f"{part.writer}, {part.policy}" if part.policy else part.writer.value
    return (
        str(part.partition.number),
        _count(part.committed),
        _count(part.position),
        _count(part.lag),
        _count(len(part.unsettled)),
        span(max(part.ages_ms.values())) if part.ages_ms else "",
        f"{part.characters}" if part.characters else "",
        Text(state, style=_TROUBLED.get(part.writer, "")),
    )


def _unsettled(part: Inspected, ages: int | None) -> str:
    """The unsettled offsets as ranges, those whose age was read with it."""
    found = runs(part.unsettled)
    most = None if ages is None else _MOST_RUNS
    shown = [_run(low, high, part.ages_ms.get(low)) for low, high in found[:most]]
    left = len(found) - len(shown)
    more = f", and {left:,} ranges more (--all)" if left else ""
    gone = f"; {part.gone:,} are no longer in the log" if part.gone else ""
    return f"{part.partition.number} unsettled: {', '.join(shown)}{more}{gone}"


def _run(low: int, high: int, age_ms: int | None) -> str:
    text = str(low) if low == high else f"{low}-{high}"
    return text if age_ms is None else f"{text} ({span(age_ms)})"


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)
