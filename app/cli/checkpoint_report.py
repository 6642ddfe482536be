"""Checkpoints as a table or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from rich.console import Console
from rich.table import Table

from app.bootstrap.configs import kafka_config, routes
from app.cli.terminal import complain, warn
from app.domain.clock import epoch_ms
from app.domain.errors import Fatal, ServerUnreachable
from app.domain.record import Partition
from app.intake.checkpoint import MAX_CHARACTERS
from app.intake.inspection import Inspected, Writer, inspect_group, runs
from app.kafka import Admin, KafkaError, persistent, wait_for_brokers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.kafka import KafkaConfig
    from app.settings import Settings

_ANSWER_S: Final = 30.0
_MOST_RUNS: Final = 12
_NARROWEST: Final = 80


class Shown(NamedTuple):
    """One topic; `orphaned`: a tier that the settings do not name any more."""

    topic: str
    group: str
    orphaned: bool
    partitions: list[Inspected]


async def report(settings: Settings, *, ages: int | None, as_json: bool) -> int:
    """Print them; the exit code, 1 where a checkpoint cannot be read."""
    config = kafka_config(settings)
    await wait_for_brokers(
        config,
        settings.kafka_start_timeout,
        lambda seconds, trouble: warn(f"waiting for Kafka for {seconds:.0f} s: {trouble}"),
    )
    try:
        shown = await _look(config, settings, ages)
    except TimeoutError:
        raise ServerUnreachable("Kafka gave no answer in time") from None
    except (KafkaError, OSError) as error:
        raise ServerUnreachable(f"Kafka cannot be reached any more: {error}") from None
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
        raise Fatal(f"topic {settings.kafka_topic} does not exist")
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
    console = Console(highlight=False)
    # A reader of a pipe gets whole lines; on a narrow terminal they wrap, and words stay whole.
    console.width = max(console.width, _NARROWEST) if console.is_terminal else 10_000
    with console.capture() as captured:
        for number, one in enumerate(shown):
            if number:
                console.print()
            mark = "  [yellow]orphaned[/]" if one.orphaned else ""
            console.print(f"[bold cyan]{one.topic}[/]  group {one.group}{mark}")
            console.print(_table(one.partitions))
            for part in one.partitions:
                if part.unsettled:
                    console.print(_unsettled(part, ages))
    click.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _table(partitions: Sequence[Inspected]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", justify="right", no_wrap=True)
    for name in ("Committed", "Position", "Lag", "Unsettled", "Oldest", "Size"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Checkpoint", overflow="fold")
    for part in partitions:
        table.add_row(
            str(part.partition.number),
            _count(part.committed),
            _count(part.position),
            _count(part.lag),
            _count(len(part.unsettled)),
            _age(max(part.ages_ms.values())) if part.ages_ms else "",
            f"{part.characters}" if part.characters else "",
            _state(part),
        )
    return table


def _state(part: Inspected) -> str:
    if part.writer is Writer.UNREADABLE:
        return "[bold red]unreadable[/]"
    if part.writer is Writer.FOREIGN:
        return "[yellow]foreign[/]"
    return f"{part.writer}, {part.policy}" if part.policy else part.writer.value


def _unsettled(part: Inspected, ages: int | None) -> str:
    """The unsettled offsets as ranges, those whose age was read with it."""
    found = runs(part.unsettled)
    most = None if ages is None else _MOST_RUNS
    shown = [_run(low, high, part.ages_ms.get(low)) for low, high in found[:most]]
    left = len(found) - len(shown)
    more = f", and {left:,} ranges more (--all)" if left else ""
    gone = f"; {part.gone:,} are no longer in the log" if part.gone else ""
    return f"[dim]{part.partition.number} unsettled:[/] {', '.join(shown)}{more}{gone}"


def _run(low: int, high: int, age_ms: int | None) -> str:
    text = str(low) if low == high else f"{low}-{high}"
    return text if age_ms is None else f"{text} ({_age(age_ms)})"


def _count(number: int | None) -> str:
    return "-" if number is None else str(number)


def _age(age_ms: int) -> str:
    """In the largest unit of which there are two or more."""
    seconds = age_ms / 1000
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f}{unit}"
    return f"{seconds:.0f}s"
