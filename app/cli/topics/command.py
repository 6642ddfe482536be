"""The verbs of `kafka-mailer topics`."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.flags import KAFKA_CONNECTION_FIELDS, load_from, settings_flags
from app.cli.terminal import agreed
from app.cli.verbs import ExamplesCommand, ExamplesGroup

if TYPE_CHECKING:
    from collections.abc import Callable

_USED: Final = (
    *KAFKA_CONNECTION_FIELDS,
    "kafka_topic",
    "retry_delays",
    "email_dlq_topic",
    "email_results_topic",
    "email_suppressions_topic",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _sizes(command: Callable[..., Any]) -> Callable[..., Any]:
    command = click.option(
        "--replication",
        type=click.IntRange(1, 100),
        metavar="N",
        help="Copies of each new topic; else as many as the queue has, or the brokers' default.",
    )(command)
    return click.option(
        "--partitions",
        type=click.IntRange(1, 100_000),
        metavar="N",
        help="Partitions that the queue shall have at least, and the others with it.",
    )(command)


@click.group(
    cls=ExamplesGroup,
    short_help="Compare Kafka's topics with the settings, create and mend them.",
    examples=(
        ("kafka-mailer topics show", "what is there"),
        ("kafka-mailer topics plan --partitions 12", "what would be created and changed"),
        ("kafka-mailer topics apply", "do it, after a question"),
    ),
)
def command() -> None:
    """Compare the topics that the settings ask for with those of the cluster; create and mend them.

    `run` creates missing topics by itself, unless KAFKA_CREATE_TOPICS is false; it changes none
    that exist. These are for whoever wants to see before, or has rights that the service has not.
    """


@settings_flags(*_USED)
@command.command(
    "show",
    cls=ExamplesCommand,
    short_help="Show each topic as it is in Kafka.",
    examples=(
        ("kafka-mailer topics show", ""),
        ("kafka-mailer topics show --json | jq -r '.[] | select(.exists | not).topic'", ""),
    ),
)
@_json
def show(*, as_json: bool, **parameters: Any) -> None:
    """Show what each topic holds, its partitions, copies, retention and size limit.

    A tier that no setting names any more is marked as orphaned: mail that waits there is still
    read. Changes nothing.
    """
    settings = load_from(parameters).settings
    from app.cli.topics import printing
    from app.cli.topics.work import look

    printing.show(asyncio.run(look(settings, None, None)), as_json=as_json)


@settings_flags(*_USED)
@command.command(
    "plan",
    cls=ExamplesCommand,
    short_help="Tell what `apply` would create and change.",
    examples=(
        ("kafka-mailer topics plan", ""),
        ("kafka-mailer topics plan --partitions 12 --replication 3", ""),
        ("kafka-mailer topics plan --exit-code || echo something is to be done", ""),
    ),
)
@_sizes
@click.option("--exit-code", is_flag=True, help="Exit code 1 when there is something to do.")
@_json
def plan(
    *,
    partitions: int | None,
    replication: int | None,
    exit_code: bool,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Tell what `apply` would create and change, and why. Changes nothing."""
    settings = load_from(parameters).settings
    from app.cli.topics import printing
    from app.cli.topics.work import look

    steps = asyncio.run(look(settings, partitions, replication))
    printing.plan(steps, as_json=as_json)
    return int(exit_code and any(each.needed for each in steps))


@settings_flags(*_USED)
@command.command(
    "apply",
    cls=ExamplesCommand,
    short_help="Create and change topics as `plan` tells.",
    examples=(
        ("kafka-mailer topics apply", ""),
        ("kafka-mailer topics apply --partitions 12 --replication 3 --yes", "asks nothing"),
    ),
)
@_sizes
@click.option("--yes", is_flag=True, help="Do not ask.")
@_json
def apply(
    *,
    partitions: int | None,
    replication: int | None,
    yes: bool,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Create what is missing and change what would lose or hold up mail, after asking.

    Nothing is ever deleted, and no topic gets fewer partitions. Its user needs CREATE, ALTER and
    ALTER_CONFIGS on the topics. Run again after an error, it goes on where it ended. Exit code 1
    when the answer is no.
    """
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to be asked: give --yes, or see `topics plan`.")
    settings = load_from(parameters).settings
    from app.cli.topics import printing
    from app.cli.topics.work import do, look

    needed = [each for each in asyncio.run(look(settings, partitions, replication)) if each.needed]
    if needed and not yes:
        printing.plan(needed, as_json=False, to_be_asked=True)
        if not agreed("Do this?"):
            return 1
    done = printing.Done(as_json=as_json)
    if needed:
        asyncio.run(do(settings, partitions, replication, done))
    done.summary()
    return 0
