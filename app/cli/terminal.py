"""What the commands say on standard error, and colours where they are wanted."""

from __future__ import annotations

import os
from typing import Any

import click


def complain(text: str) -> None:
    """Say on standard error what went wrong."""
    click.echo(f"{styled('Error:', fg='red', bold=True)} {text}", err=True)


def warn(text: str) -> None:
    """Say on standard error what to look at."""
    click.echo(f"{styled('Warning:', fg='yellow', bold=True)} {text}", err=True)


class Lines:
    """Standard output where the work goes on, though nobody may read any more."""

    def __init__(self) -> None:
        self._silent = False

    def say(self, line: str) -> None:
        if self._silent:
            return
        try:
            click.echo(line)
        except BrokenPipeError:
            self._silent = True


def agreed(question: str) -> bool:
    """Ask whoever sits at the terminal; says that nothing was done when it shall not be."""
    if click.confirm(question, err=True):
        return True
    click.echo("nothing was done", err=True)
    return False


def styled(text: str, **style: Any) -> str:
    """As `click.style`, which `click.echo` takes back where no terminal reads it.

    Plain under NO_COLOR (https://no-color.org).
    """
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)
