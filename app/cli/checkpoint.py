"""`kafka-mailer checkpoint`: where the service stands in its topics."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import click

from app.cli.flags import KAFKA_CONNECTION_FIELDS, load_from, settings_flags
from app.cli.verbs import ExamplesCommand, ExamplesGroup

_USED: Final = (*KAFKA_CONNECTION_FIELDS, "kafka_topic", "kafka_group_id", "retry_delays")
_EXAMPLES: Final = (
    ("kafka-mailer checkpoint show", ""),
    ("kafka-mailer checkpoint show --all --json | jq '.[].partitions[].unsettled'", ""),
    ("kafka-mailer checkpoint show --kafka-topic other-queue --kafka-group other", ""),
)
AGES: Final = 10


@click.group(cls=ExamplesGroup, examples=_EXAMPLES, short_help="Show where the service stands.")
def command() -> None:
    """Look at what the service has committed for its queue and its retry tiers."""


@settings_flags(*_USED)
@click.command(
    "show",
    cls=ExamplesCommand,
    short_help="Show each partition's offset, position and unsettled offsets.",
    examples=_EXAMPLES,
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help=f"Name all unsettled offsets and read all their ages, not of the lowest {AGES} only.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(*, everything: bool, as_json: bool, **parameters: Any) -> int:
    """Show each partition's committed offset, position and unsettled offsets, with their ages.

    Asks Kafka only: the group does not notice, and the service may run or not. The lag is what
    nobody has taken up yet; unsettled is what was taken up and has no outcome. The age is that of
    the record. A tier that no setting names any more is read all the same, and marked
    as orphaned.

    Exit code 1 when a checkpoint cannot be read.
    """
    settings = load_from(parameters).settings
    # The stages, which --help does without.
    from app.cli.checkpoint_report import report

    return asyncio.run(report(settings, ages=None if everything else AGES, as_json=as_json))


command.add_command(show)
