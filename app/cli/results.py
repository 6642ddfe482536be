"""`kafka-mailer results`: what became of messages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.flags import KAFKA_CONNECTION_FIELDS, load_from, settings_flags
from app.cli.moments import DurationType, MomentType
from app.cli.verbs import ExamplesCommand
from app.domain.clock import epoch_ms
from app.domain.outcome import ErrorKind, Status

if TYPE_CHECKING:
    from app.settings import Settings

_USED: Final = (*KAFKA_CONNECTION_FIELDS, "email_results_topic")
_DAY_MS: Final = 24 * 3600 * 1000
_LAST: Final = 20
_FILTERS: Final = ("status", "id", "type", "recipient", "kind", "relay")


@settings_flags(*_USED)
@click.command(
    cls=ExamplesCommand,
    short_help="Show what became of messages, and follow it.",
    examples=(
        ("kafka-mailer results", "the last 20 of the last day"),
        ("kafka-mailer results --follow --status dead --status expired", ""),
        ("kafka-mailer results --since 2h --recipient example.com", ""),
        ("kafka-mailer results --id order-17 --json | jq .reply", ""),
        ("kafka-mailer results --wait order-17 --timeout 5m && echo delivered", ""),
    ),
)
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([one.value for one in Status]),
    help="Only with this status.",
)
@click.option("--id", "ids", multiple=True, metavar="ID", help="Only of this message.")
@click.option("--type", "types", multiple=True, metavar="TYPE", help="Only of this type.")
@click.option(
    "--recipient", multiple=True, metavar="ADDRESS", help="Only to this address or domain."
)
@click.option(
    "--kind",
    multiple=True,
    type=click.Choice([one.value for one in ErrorKind]),
    metavar="KIND",
    help=f"Only with this error: {', '.join(ErrorKind)}.",
)
@click.option("--relay", multiple=True, metavar="RELAY", help="Only by this relay.")
@click.option(
    "--since",
    type=MomentType(epoch_ms),
    help="From this time on: a duration back from now, or a time (UTC unless it has a zone). "
    "Without it the last day is looked at.",
)
@click.option(
    "--last",
    type=click.IntRange(min=0),
    metavar="N",
    help=f"The newest N of them; {_LAST} unless --since is given.",
)
@click.option("--follow", "-f", is_flag=True, help="Go on with those that come.")
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="End after so many were printed."
)
@click.option(
    "--wait",
    multiple=True,
    metavar="ID",
    help="Wait until this message is final, however often it is tried; several may be given.",
)
@click.option(
    "--timeout", type=DurationType(), help="With --wait: give up after so long, exit code 1."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each result.")
def command(
    *,
    since: int | None,
    last: int | None,
    follow: bool,
    limit: int | None,
    wait: tuple[str, ...],
    timeout: float | None,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Show the results that the service writes: one for each retry and each final outcome.

    A filter that is given more than once matches any of its values. Addresses are shown whole, as
    they stand in the topic.

    With --wait, exit code 0 when every message was delivered to all of its recipients, 1 when
    any of them ended otherwise or the time was over. Results of the last day, or of --since, are
    looked at first.
    """
    filters = {
        "statuses": frozenset(parameters["status"]),
        "ids": frozenset(parameters["ids"]),
        "types": frozenset(parameters["types"]),
        "recipients": frozenset(parameters["recipient"]),
        "kinds": frozenset(parameters["kind"]),
        "relays": frozenset(parameters["relay"]),
    }
    _check_usage(filters, wait=wait, timeout=timeout, others=(last, limit, follow or None))
    settings = load_from(parameters).settings
    # The stages, which --help does without.
    from app.cli import result_watch
    from app.outcomes.result_filter import ResultFilter

    topic = results_topic(settings)
    since_ms = epoch_ms() - _DAY_MS if since is None else since
    if wait:
        return asyncio.run(
            result_watch.wait(settings, topic, wait, since_ms, timeout=timeout, as_json=as_json)
        )
    asyncio.run(
        result_watch.show(
            settings,
            topic,
            ResultFilter(**filters),
            since_ms,
            last=_LAST if last is None and since is None else last,
            follow=follow,
            limit=limit,
            as_json=as_json,
        )
    )
    return 0


def results_topic(settings: Settings) -> str:
    """`UsageError` when it is turned off."""
    if settings.email_results_topic is None:
        raise click.UsageError("EMAIL_RESULTS_TOPIC is empty: no results are written.")
    return settings.email_results_topic


def _check_usage(
    filters: dict[str, frozenset[str]],
    *,
    wait: tuple[str, ...],
    timeout: float | None,
    others: tuple[object, ...],
) -> None:
    if timeout is not None and not wait:
        raise click.UsageError("--timeout goes with --wait.")
    if wait and (any(filters.values()) or any(each is not None for each in others)):
        raise click.UsageError("--wait goes with --since, --timeout and --json only.")
