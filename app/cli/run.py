"""`kafka-mailer run`: the service."""

from __future__ import annotations

import gc
from typing import Any

import click

from app.cli.flags import flags_of, load_from, settings_flags
from app.cli.verbs import ExamplesCommand


@settings_flags()
@click.command(
    cls=ExamplesCommand,
    short_help="Run the service.",
    examples=(
        ("kafka-mailer run --kafka-brokers kafka:9092 --smtp-host mail --smtp-port 25", ""),
        ("kafka-mailer run --profile high-throughput --log-format json", ""),
        ("SMTP_PASSWORD_FILE=/etc/mail.pass kafka-mailer run --smtp-user shop", ""),
    ),
)
def command(**parameters: Any) -> int:
    """Read messages from Kafka and send them until told to stop.

    Every flag is a setting, which may also stand in the environment, in a file .env, or in a file
    of /run/secrets named as the variable; the first of these counts. SIGTERM or Ctrl-C lets
    running mails end, a second one does not wait. SIGHUP reads the settings' files again.
    """
    loaded = load_from(parameters)
    gc.disable()  # nothing to be found while modules are made
    from app.bootstrap.running import serve  # the stages; --help does without them

    gc.freeze()
    gc.enable()
    return serve(loaded, flags_of(parameters))
