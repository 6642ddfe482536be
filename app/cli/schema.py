"""`kafka-mailer schema`: what others rely on, for their tools."""

from __future__ import annotations

import json
from typing import Any, Final

import click

from app.cli.flags import load_from, settings_flags
from app.cli.verbs import ExamplesCommand

NAMES: Final = ("message", "result", "asyncapi", "openapi")


@settings_flags(
    "kafka_topic",
    "retry_delays",
    "email_dlq_topic",
    "email_results_topic",
    "email_suppressions_topic",
)
@click.command(
    cls=ExamplesCommand,
    short_help="Print what messages and results look like.",
    examples=(
        ("kafka-mailer schema message > message.schema.json", "for a producer's tests"),
        ("kafka-mailer schema result", "for whoever reads results"),
        ("kafka-mailer schema asyncapi --kafka-topic shop-mail", "the topics of these settings"),
        ("kafka-mailer schema openapi", "the HTTP interface"),
    ),
)
@click.argument("name", type=click.Choice(NAMES), metavar="|".join(NAMES))
def command(*, name: str, **parameters: Any) -> None:
    """Print JSON Schema (draft 7) of a message or a result, AsyncAPI 3 of the topics, or OpenAPI.

    They are made from the code that reads and writes. A schema cannot say all that is checked of a
    message; `kafka-mailer send` checks it as the service does.
    """
    settings = load_from(parameters).settings
    from app.bootstrap.contract import DOCUMENTS

    click.echo(text_of(DOCUMENTS[name](settings)))


def text_of(document: dict[str, Any]) -> str:
    """As it is printed, and as it stands in docs/."""
    return json.dumps(document, indent=2, ensure_ascii=False)
