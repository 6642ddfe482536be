"""The verbs there are, each imported only when it is used."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import click
from click.shell_completion import CompletionItem
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Sequence


class Verb(NamedTuple):
    """Where a verb's command is (`module:attribute`), and what the list of verbs says of it."""

    command: str
    about: str


PROGRAM: Final = "kafka-mailer"

VERBS: Final = {
    "run": Verb("app.cli.run:command", "Read messages from Kafka and send them (the default)."),
    "check": Verb("app.cli.check:command", "Find out what is wrong before production does."),
    "send": Verb("app.cli.send:command", "Put messages into the queue."),
    "health": Verb("app.cli.health:command", "Ask the service that runs here how it is."),
    "results": Verb("app.cli.results:command", "Show what became of messages, and follow it."),
    "checkpoint": Verb(
        "app.cli.checkpoint:command", "Show where the service stands in its topics."
    ),
    "suppressions": Verb(
        "app.cli.suppressions.command:command", "See and change which addresses get no mail."
    ),
    "dlq": Verb("app.cli.dlq:command", "Look at dead letters, send them again, delete them."),
    "topics": Verb(
        "app.cli.topics:command", "Compare Kafka's topics with the settings, mend them."
    ),
    "render": Verb(
        "app.cli.render:command", "Show the mail that a template makes, while you edit."
    ),
    "schema": Verb("app.cli.schema:command", "Print what messages and results look like."),
    "judge": Verb("app.cli.judge:command", "Try how a relay's reply is judged."),
    "bench": Verb("app.cli.bench:command", "Measure what this set-up carries, and what binds it."),
    "config": Verb("app.cli.config:command", "Show every setting, its value and its source."),
    "completion": Verb("app.cli.completion:command", "Print the completion for a shell."),
    "demo": Verb("app.cli.demo:command", "Watch it work, with a broker and a mailbox of its own."),
}
EXAMPLES: Final = (
    ("kafka-mailer demo", "see it work; nothing else is needed"),
    ("kafka-mailer --kafka-brokers kafka:9092 --smtp-host mail", "run the service"),
    ("kafka-mailer run --help", "list every setting"),
    ("kafka-mailer send --to ann@example.com --subject Hi --text Hello", "send a mail through it"),
)
DEFAULT: Final = "run"
_OWN_OPTIONS: Final = frozenset({"--help", "-h", "--version"})


class VerbGroup(click.Group):
    """Runs `run` when no verb is given, with all flags given."""

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args:
            default = args[0].startswith("-") and args[0] not in _OWN_OPTIONS
        else:
            default = not ctx.resilient_parsing  # a shell that completes has no verb yet
        return super().parse_args(ctx, [DEFAULT, *args] if default else args)

    @override
    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        try:
            return super().make_context(*args, **kwargs)
        except BrokenPipeError:
            raise click.exceptions.Exit(0) from None  # as below, of the help

    @override
    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Verbs, none of which has to be loaded for it, or the flags of `run`."""
        if not incomplete.startswith("-"):
            return [
                CompletionItem(name, help=verb.about)
                for name, verb in VERBS.items()
                if name.startswith(incomplete)
            ]
        of_run = self.get_command(ctx, DEFAULT)
        flags = of_run.shell_complete(ctx, incomplete) if of_run else []
        own = [CompletionItem(name) for name in _OWN_OPTIONS if name.startswith(incomplete)]
        known = {each.value for each in flags}
        return flags + [each for each in own if each.value not in known]

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return None  # whoever read the output has enough

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name].command.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{VERBS[cmd_name].command} is no command")
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in VERBS:
            raise click.exceptions.NoSuchCommand(args[0], possibilities=VERBS, ctx=ctx)
        return super().resolve_command(ctx, args)

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.about) for name, verb in VERBS.items()])

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, EXAMPLES)


class HeadedOption(click.Option):
    """A flag that the help lists under `heading`."""

    heading = "Options"


class ExamplesCommand(click.Command):
    """A command whose help ends with examples: pairs of a command line and what it does.

    Its flags stand under their headings, in the order in which these first appear.
    """

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    @override
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = tuple(args)  # click empties `args`
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise _named_whole(error, given, ctx) from None

    @override
    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {HeadedOption.heading: []}
        for each in self.get_params(ctx):
            if isinstance(each, click.Argument):
                continue  # stands in the line above
            heading = each.heading if isinstance(each, HeadedOption) else HeadedOption.heading
            if record := each.get_help_record(ctx):
                sections.setdefault(heading, []).append(record)
        for heading, records in sections.items():
            with formatter.section(heading):
                formatter.write_dl(records, col_max=34)

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, self.examples)


class ExamplesGroup(click.Group):
    """A verb that has verbs of its own, and whose help ends with examples."""

    def __init__(self, *args: Any, examples: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        kwargs = {"options_metavar": "", "subcommand_metavar": "COMMAND [OPTIONS]", **kwargs}
        super().__init__(*args, **kwargs)
        self.examples = examples

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which they were written."""
        return list(self.commands)

    @override
    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_examples(formatter, self.examples)


def _named_whole(
    error: click.NoSuchOption, given: Sequence[str], ctx: click.Context
) -> click.NoSuchOption:
    """The same error about all of `-wrokers`, not its `-w`; what was meant is told with two dashes.

    Flags of settings may have one dash, which would double every guess.
    """
    name = error.option_name
    if not name.startswith("--"):
        name = next((each.partition("=")[0] for each in given if each.startswith(name)), name)
    flags = [
        flag for each in ctx.command.get_params(ctx) for flag in each.opts if flag.startswith("--")
    ]
    near = get_close_matches("--" + name.lstrip("-"), flags)
    return click.NoSuchOption(name, possibilities=near, ctx=ctx)


def write_examples(formatter: click.HelpFormatter, examples: Sequence[tuple[str, str]]) -> None:
    """Write command lines, each whole on its line, so that it can be copied."""
    with formatter.section("Examples"):
        for line, about in examples:
            if about:
                formatter.write(f"{'':{formatter.current_indent}}# {about}\n")
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")
