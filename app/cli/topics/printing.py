"""Topics and what is to be done about them, for people or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import click
from rich.text import Text

from app.bootstrap.topic_plan import BROKERS_DEFAULT, COMPACT, LARGEST, POLICY, RETENTION
from app.cli.shown import counted, size, span
from app.cli.tables import Column, print_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from app.bootstrap.topic_plan import Step

_SHOWN: Final = (
    Column("Topic", whole=True),
    Column("Holds"),
    Column("Parts", whole=True, right=True),
    Column("Copies", whole=True, right=True),
    Column("Kept", whole=True, right=True),
    Column("Largest", whole=True, right=True),
    Column("State", whole=True),
)
_PLANNED: Final = (
    Column("Topic", whole=True),
    Column("What", whole=True),
    Column("How", folds=True),
    Column("Why", folds=True),
)


def show(steps: Sequence[Step], *, as_json: bool) -> None:
    """Each topic as it is."""
    if as_json:
        click.echo(json.dumps([_fields(each) for each in steps], indent=2))
        return
    print_table(_SHOWN, map(_row, steps))
    if any(each.needed for each in steps):
        click.echo("`kafka-mailer topics plan` tells what is to be done", err=True)


def plan(steps: Sequence[Step], *, as_json: bool, to_be_asked: bool = False) -> None:
    """What is to be done; on standard error where a question follows."""
    needed = [each for each in steps if each.needed]
    if as_json:
        click.echo(json.dumps([_doing(each) for each in needed], indent=2))
    elif needed:
        rows = [row for step in needed for row in _rows(step)]
        print_table(_PLANNED, rows, err=to_be_asked)
    else:
        click.echo("nothing is to be done", err=True)


class Done:
    """Tells each step when it is done, and their number in the end."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._count = 0

    def __call__(self, step: Step) -> None:
        self._count += 1
        if self._as_json:
            click.echo(json.dumps(_doing(step)))
            return
        for topic, what, how, _ in _rows(step):
            click.echo(f"{topic}  {what}  {how}")

    def summary(self) -> None:
        topics = counted(self._count, "topic")
        said = f"{topics} created or changed" if self._count else "nothing was to be done"
        click.echo(said, err=True)


def _row(step: Step) -> Sequence[str | Text]:
    name, purpose = step.wanted.name, step.wanted.purpose
    if step.existing is None:
        return (name, purpose, "", "", "", "", Text("missing", style="bold red"))
    info, configs = step.existing.info, step.existing.configs
    if step.orphaned:
        state = Text("orphaned", style="yellow")
    elif step.needed:
        state = Text("differs", style="yellow")
    else:
        state = Text("ok", style="green")
    return (
        name,
        purpose,
        str(info.partitions),
        str(info.replication),
        _kept(configs),
        _largest(configs.get(LARGEST)),
        state,
    )


def _rows(step: Step) -> Iterator[tuple[str, str, str, str]]:
    name = step.wanted.name
    if (spec := step.create) is not None:
        how = ", ".join(
            (
                _number(spec.partitions, "partition"),
                _number(spec.replication, "copy", "copies"),
                *(f"{key}={value}" for key, value in spec.configs.items()),
            )
        )
        yield name, "create", how, f"it is missing: {step.wanted.purpose}"
    for each in _all(step):
        yield name, "change", f"{each.name} {each.before} to {each.after}", each.why


def _all(step: Step) -> Iterable[Any]:
    return (*((step.grow,) if step.grow else ()), *step.changes)


def _number(count: int, noun: str, many: str = "") -> str:
    many = many or f"{noun}s"
    if count == BROKERS_DEFAULT:
        return f"{many} by the brokers' default"
    return f"{count} {noun if count == 1 else many}"


def _kept(configs: Mapping[str, str]) -> str:
    text = configs.get(RETENTION)
    if COMPACT in configs.get(POLICY, ""):
        return "compacted"
    if text is None:
        return "?"
    return "for ever" if int(text) < 0 else span(int(text))


def _largest(text: str | None) -> str:
    return "?" if text is None else size(int(text))


def _fields(step: Step) -> dict[str, Any]:
    there = step.existing
    found: dict[str, Any] = {
        "topic": step.wanted.name,
        "holds": step.wanted.purpose,
        "exists": there is not None,
        "orphaned": step.orphaned,
        "differs": there is not None and step.needed,
    }
    if there is not None:
        found |= {
            "partitions": there.info.partitions,
            "replication": there.info.replication,
            "configs": {name: there.configs.get(name) for name in (POLICY, RETENTION, LARGEST)},
        }
    return found


def _doing(step: Step) -> dict[str, Any]:
    spec = step.create
    create = spec and {
        "partitions": None if spec.partitions == BROKERS_DEFAULT else spec.partitions,
        "replication": None if spec.replication == BROKERS_DEFAULT else spec.replication,
        "configs": dict(spec.configs),
    }
    return {
        "topic": step.wanted.name,
        "create": create,
        "change": [
            {"name": each.name, "from": each.before, "to": each.after, "why": each.why}
            for each in _all(step)
        ],
    }
