"""The root command, and how every ending becomes an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import click

from app import __version__
from app.cli.terminal import complain, warn
from app.cli.verbs import PROGRAM, VerbGroup
from app.domain.errors import MailerError, ServerUnreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE: Final = 0
FAILED: Final = 1
WRONG_USAGE: Final = 2
UNREACHABLE: Final = 3
INTERRUPTED: Final = 130


@click.group(
    cls=VerbGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    options_metavar="",
    subcommand_metavar="[COMMAND] [OPTIONS]",
)
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
def root() -> None:
    """Read email messages from Kafka, send them through an SMTP relay, lose none.

    Without a command it runs the service. Every setting is a flag of `run` and an environment
    variable.
    """


def run_command_line(arguments: Sequence[str]) -> int:
    """Run what the arguments say and give the exit code; prints errors, raises none of ours."""
    try:
        code = root.main(list(arguments), PROGRAM, standalone_mode=False)
    except click.exceptions.Abort as error:
        if error.__cause__ is None:
            click.echo(err=True)  # at a question, whose line has to be left
        return INTERRUPTED
    except KeyboardInterrupt:
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MailerError as error:
        return _told(error)
    finally:
        _close_output()
    return code if isinstance(code, int) else DONE


def _told(error: MailerError) -> int:
    """Say what is wrong, and give the exit code for it."""
    from app.settings import InvalidSettings  # slow; loaded already if it matters

    if isinstance(error, InvalidSettings):
        for notice in error.notices:
            warn(notice)
    complain(str(error))
    if isinstance(error, InvalidSettings):
        return WRONG_USAGE
    return UNREACHABLE if isinstance(error, ServerUnreachable) else FAILED


def _close_output() -> None:
    """Write out what is buffered now: a reader who left early is no error of the interpreter's."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
