"""docs/commands.md from the help of every command, docs/schemas/ from the code."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import click

from app.bootstrap.contract import DOCUMENTS
from app.cli.flags import KAFKA_CONNECTION_FIELDS, SettingFlag
from app.cli.main import root
from app.cli.schema import text_of
from app.cli.verbs import PROGRAM, VERBS, ExamplesCommand
from app.settings import Settings, options

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PAGE: Final = "docs/commands.md"
SCHEMAS: Final = {
    "message": "docs/schemas/message.schema.json",
    "result": "docs/schemas/result.schema.json",
    "asyncapi": "docs/schemas/asyncapi.json",
    "openapi": "docs/schemas/openapi.json",
}
_TO_KAFKA: Final = "those for [reaching Kafka](#reaching-kafka)"
_HEAD: Final = f"""\
<!-- made by `make reference` from the commands' help -->

# Commands

`{PROGRAM} COMMAND --help` says the same, and `{PROGRAM} completion` makes a shell complete it.
Without a command `run` is taken. A flag that is a setting may also stand in the environment or in
`.env`: see [settings](settings.md).

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 a server cannot be reached, 130
interrupted. Results go to standard output, what is said about them to standard error. Tables fit
themselves to a terminal, and are whole in a pipe; `--json` is for programs. Colours and progress
bars are for terminals only; `NO_COLOR` turns colours off.
"""


def commands_page() -> str:
    """Every command with its flags and examples."""
    context = click.Context(root, info_name=PROGRAM)
    flags = ", ".join(
        f"`{each.flag}`" for each in options() if each.field in KAFKA_CONNECTION_FIELDS
    )
    parts = [_HEAD, f"## Reaching Kafka\n\nEvery command that asks Kafka has the flags {flags}.\n"]
    for name in VERBS:
        verb = root.get_command(context, name)
        if verb is not None:
            parts += _sections(verb, click.Context(verb, info_name=name, parent=context), "##")
    return "\n".join(parts)


def _sections(command: click.Command, context: click.Context, level: str) -> Iterator[str]:
    yield f"{level} {context.command_path.removeprefix(f'{PROGRAM} ')}\n"
    yield f"{_about(command)}\n"
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    yield f"```text\n{usage}\n```\n"
    flags = [each for each in command.params if not isinstance(each, SettingFlag)]
    if rows := list(_rows(flags, context)):
        yield "\n".join(("| flag | meaning |", "|---|---|", *rows)) + "\n"
    if settings := _settings(command):
        yield f"{settings}\n"
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                made = click.Context(inner, info_name=name, parent=context)
                yield from _sections(inner, made, f"{level}#")
    elif isinstance(command, ExamplesCommand):
        yield f"```sh\n{_examples(command)}\n```\n"


def _about(command: click.Command) -> str:
    """The help's paragraphs, its lines as they are written."""
    text = (command.help or "").partition("\f")[0]
    lines = [line.strip() for line in text.strip().splitlines()]
    return "\n".join(lines).replace("<", "&lt;")


def _rows(flags: Iterable[click.Parameter], context: click.Context) -> Iterator[str]:
    for each in flags:
        if isinstance(each, click.Argument):
            continue  # stands in the usage, and is told of above
        if (record := each.get_help_record(context)) is not None:
            names, about = (" ".join(part.split()).replace("|", "\\|") for part in record)
            yield f"| `{names}` | {about} |"


def _settings(command: click.Command) -> str:
    used = {each.name for each in command.params if isinstance(each, SettingFlag)}
    known = [each for each in options() if each.field in used]
    if not known:
        return ""
    if len(known) == len(options()):
        return "Every [setting](settings.md) is a flag of it."
    shown = [f"`{each.flag}`" for each in known]
    if used.issuperset(KAFKA_CONNECTION_FIELDS):
        of_kafka = [f"`{each.flag}`" for each in known if each.field in KAFKA_CONNECTION_FIELDS]
        shown = [_TO_KAFKA, *(each for each in shown if each not in of_kafka)]
    return f"Settings that are flags of it: {', '.join(shown)}."


def _examples(command: ExamplesCommand) -> str:
    told = ((f"# {about}", line) if about else (line,) for line, about in command.examples)
    return "\n".join(text for each in told for text in each)


def schemas() -> dict[str, Callable[[], str]]:
    """What makes each file's text, by its path in the project."""
    return {path: partial(_schema, name) for name, path in SCHEMAS.items()}


def _schema(name: str) -> str:
    return text_of(DOCUMENTS[name](Settings())) + "\n"
