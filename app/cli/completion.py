"""`kafka-mailer completion`: verbs, flags and values by the TAB key."""

from __future__ import annotations

import os
from pathlib import Path

import click
from click.shell_completion import ShellComplete, get_completion_class

from app.cli.verbs import PROGRAM, ExamplesCommand

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=ExamplesCommand,
    short_help="Print the completion for a shell.",
    examples=(
        ('eval "$(kafka-mailer completion bash)"', "in ~/.bashrc; bash 4.4 or newer"),
        ('eval "$(kafka-mailer completion zsh)"', "in ~/.zshrc, after compinit"),
        (
            "kafka-mailer completion fish > ~/.config/fish/completions/kafka-mailer.fish",
            "once, for fish",
        ),
    ),
)
@click.argument("shell", type=click.Choice(SHELLS), required=False, metavar="[bash|zsh|fish]")
@click.pass_context
def command(ctx: click.Context, shell: str | None) -> None:
    """Print what makes a shell complete verbs, flags and their values; the default is $SHELL's.

    The shell then asks kafka-mailer itself, which must be in the PATH under this name.
    """
    name = shell or Path(os.environ.get("SHELL", "")).name
    found = get_completion_class(name) if name in SHELLS else None
    if found is None:
        raise click.UsageError(f"Say for which shell: {', '.join(SHELLS)}.", ctx)
    made = found(ctx.find_root().command, {}, PROGRAM, variable())
    # Its own `source` would start the shell, to see how old it is.
    click.echo(ShellComplete.source(made))


def variable() -> str:
    """By which the shell asks, as click names it."""
    return f"_{PROGRAM.replace('-', '_').upper()}_COMPLETE"
