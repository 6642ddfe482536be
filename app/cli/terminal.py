"""What the commands say on standard error."""

from __future__ import annotations

import os

import click


def complain(text: str) -> None:
    """Say on standard error what went wrong."""
    click.echo(f"{_emphasised('Error:', 'red')} {text}", err=True)


def warn(text: str) -> None:
    """Say on standard error what to look at."""
    click.echo(f"{_emphasised('Warning:', 'yellow')} {text}", err=True)


def _emphasised(text: str, colour: str) -> str:
    return text if os.environ.get("NO_COLOR") else click.style(text, fg=colour, bold=True)
