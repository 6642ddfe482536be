"""`kafka-mailer send`: put messages into the queue."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.flags import KAFKA_CONNECTION_FIELDS, load_from, settings_flags
from app.cli.json_lines import Draft, read_drafts
from app.cli.message_flags import message_flags, message_from
from app.cli.moments import DurationType
from app.cli.verbs import ExamplesCommand
from app.domain.errors import InvalidMessage
from app.settings.files import why_unreadable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from app.settings import Settings

_STDIN: Final = "-"
_USED: Final = (
    *KAFKA_CONNECTION_FIELDS,
    "kafka_topic",
    "kafka_create_topics",
    "email_max_bytes",
    "email_results_topic",
)


@settings_flags(*_USED)
@message_flags
@click.command(
    cls=ExamplesCommand,
    short_help="Put messages into the queue.",
    examples=(
        ("kafka-mailer send --to ann@example.com --subject Hi --text Hello", ""),
        ("kafka-mailer send --to ann@example.com --template notification --data title=Hi", ""),
        ("kafka-mailer send --file messages.jsonl", "one JSON document on each line"),
        ("kafka-mailer send --file messages.jsonl --wait --timeout 1h", "and wait for their end"),
        ("generate | kafka-mailer send --file - --json > landed.jsonl", ""),
    ),
)
@click.option(
    "--file",
    "-f",
    "source",
    type=click.Path(allow_dash=True),
    metavar="FILE",
    help="Read messages from FILE, one JSON document on each line; - is standard input.",
)
@click.option(
    "--on-error",
    type=click.Choice(("skip", "stop")),
    default="skip",
    show_default=True,
    help="After a message that is refused: go on, or send nothing that comes later.",
)
@click.option(
    "--wait",
    is_flag=True,
    help="Then wait until each is final, and print what became of it; a service must be running.",
)
@click.option(
    "--timeout", type=DurationType(), help="With --wait: give up after so long, exit code 1."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each message.")
def command(
    *,
    source: str | None,
    on_error: str,
    wait: bool,
    timeout: float | None,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Put one message, described by flags, or many, from JSON lines, into the queue.

    Each is checked as the service would check it. Prints where each landed: topic, partition and
    offset. Exit code 1 when any was refused, or with --wait not delivered to all of its
    recipients; 3 when Kafka cannot be reached.
    """
    document = message_from(parameters)
    if source is not None and document:
        raise click.UsageError("Give either --file or the flags of one message.")
    if source is None and not document:
        raise click.UsageError("Nothing to send: give --to and the rest of a message, or --file.")
    if timeout is not None and not wait:
        raise click.UsageError("--timeout goes with --wait.")
    settings = load_from(parameters).settings
    if wait and settings.email_results_topic is None:
        raise click.UsageError("--wait: EMAIL_RESULTS_TOPIC is empty: no results are written.")
    # The stages, which --help does without.
    from app.cli.landing import Landing
    from app.cli.posting import Poster, check_draft

    with ExitStack() as stack:
        if source is None:
            draft = Draft(0, json.dumps(document, ensure_ascii=False).encode())
            _complain_of_flags(check_draft, draft, settings)
            landing = stack.enter_context(Landing(as_json=as_json, keep=wait))
            drafts = _alone(draft)
        else:
            descriptor, size = _opened(source, stack)
            landing = stack.enter_context(
                Landing(as_json=as_json, many=True, total=size, keep=wait)
            )
            drafts = read_drafts(descriptor, settings.email_max_bytes)
        poster = Poster(settings, landing, stop_on_error=on_error == "stop")
        if not wait:
            asyncio.run(poster.post(drafts))
            return 1 if landing.refusals else 0
        from app.cli.result_watch import after_sending

        ends = after_sending(settings, poster.post(drafts), landing, timeout, as_json=as_json)
        return max(asyncio.run(ends), 1 if landing.refusals else 0)


async def _alone(draft: Draft) -> AsyncIterator[tuple[list[Draft], int]]:
    yield [draft], len(draft.value)


def _complain_of_flags(
    check: Callable[[Draft, Settings], None], draft: Draft, settings: Settings
) -> None:
    try:
        check(draft, settings)
    except InvalidMessage as error:
        flag = error.field.split("[")[0].split(".")[0].replace("_", "-")
        raise click.UsageError(f"--{flag}: {error.reason}") from None


def _opened(source: str, stack: ExitStack) -> tuple[int, int | None]:
    """A descriptor and the size, None where it has none."""
    if source == _STDIN:
        descriptor = 0
    else:
        try:
            descriptor = os.open(source, os.O_RDONLY)
        except OSError as error:
            raise click.BadParameter(
                f"{source}: {why_unreadable(error)}", param_hint="--file"
            ) from None
        stack.callback(os.close, descriptor)
    try:
        facts = os.fstat(descriptor)
    except OSError:
        raise click.BadParameter("standard input is closed", param_hint="--file") from None
    if stat.S_ISDIR(facts.st_mode):
        raise click.BadParameter(f"{source}: is a folder", param_hint="--file")
    return descriptor, facts.st_size if stat.S_ISREG(facts.st_mode) else None
