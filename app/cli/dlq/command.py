"""`kafka-mailer dlq` and its verbs."""

from __future__ import annotations

import click

from app.cli.dlq.listing import list_letters
from app.cli.dlq.purging import purge_letters
from app.cli.dlq.replaying import replay_letters
from app.cli.dlq.showing import show_letter
from app.cli.dlq.stats import show_stats
from app.cli.verbs import ExamplesGroup


@click.group(
    cls=ExamplesGroup,
    short_help="Look at dead letters, send them again, delete them.",
    examples=(
        ("kafka-mailer dlq stats", "what went wrong, in numbers"),
        ("kafka-mailer dlq list --kind temporary --newer-than 1d", ""),
        ("kafka-mailer dlq show 0/17", "headers, reason, the mail as it would look"),
        ("kafka-mailer dlq replay --kind temporary --dry-run", ""),
        ("kafka-mailer dlq purge --older-than 30d", ""),
    ),
)
def command() -> None:
    """Look at dead letters, send them again, delete them.

    A dead letter is named by its place in the topic: PARTITION/OFFSET, like 0/17.
    """


for each in (list_letters, show_letter, show_stats, replay_letters, purge_letters):
    command.add_command(each)
