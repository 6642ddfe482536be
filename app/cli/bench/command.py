"""The verb itself: its options, the question before mail leaves, and how it ends."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from app.cli.bench.order import MAILS, MAILS_TO_RELAY, SECONDS, Order
from app.cli.flags import load_from, settings_flags
from app.cli.moments import DurationType
from app.cli.terminal import agreed
from app.cli.verbs import ExamplesCommand
from app.domain.addresses import parse_address
from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from app.settings import Settings

_DONE: Final = 0
_FAILED: Final = 1
_INTERRUPTED: Final = 130
_REPLACED: Final = frozenset({"id", "to", "cc", "bcc"})
_NOT_FLAT: Final = frozenset({"message", "specversion"})  # of the other shapes


@settings_flags()
@click.command(
    cls=ExamplesCommand,
    short_help="Measure what this set-up carries, and what binds it.",
    examples=(
        ("kafka-mailer bench", "with the settings that `run` would take, to a sink of its own"),
        ("kafka-mailer bench --embedded", "without a Kafka"),
        ("kafka-mailer bench --relay-delay 80ms --workers 40", "behind a relay that takes 80 ms"),
        ("kafka-mailer bench --relay-tls", "with TLS, as most relays have it"),
        ("kafka-mailer bench --to-relay --to load-test@example.com", "asks before mail leaves"),
        ("kafka-mailer bench --json | jq -r '.advice[].action'", ""),
    ),
)
@click.option("--to-relay", is_flag=True, help="Send to the relay of the settings, after asking.")
@click.option(
    "--to",
    "recipients",
    multiple=True,
    metavar="ADDRESS",
    help="With --to-relay: who gets these mails, by turns; may be repeated.",
)
@click.option("--yes", is_flag=True, help="With --to-relay: do not ask.")
@click.option(
    "--mails",
    type=click.IntRange(min=100),
    metavar="N",
    help=f"So many at most.  [default: {MAILS:,}; {MAILS_TO_RELAY} with --to-relay]",
)
@click.option(
    "--seconds",
    type=DurationType(),
    default=SECONDS,
    help=f"How long the steady rate and full load last each, at most.  [default: {SECONDS:g}s]",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="N",
    help="Mails a second for the latency.  [default: 100, or half of what is carried]",
)
@click.option(
    "--partitions",
    type=click.IntRange(1, 1000),
    metavar="N",
    help="Of the topic.  [default: as many as the queue has]",
)
@click.option(
    "--message",
    "message_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A message as JSON to measure with; id and recipients are replaced.",
)
@click.option(
    "--relay-delay",
    type=DurationType(),
    default=0.0,
    help="How long the sink takes before each final reply.  [default: no time]",
)
@click.option("--relay-tls", is_flag=True, help="The sink speaks STARTTLS, and is verified.")
@click.option("--embedded", is_flag=True, help="On a broker of its own, as `demo` has one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    to_relay: bool,
    recipients: tuple[str, ...],
    yes: bool,
    mails: int | None,
    message_file: Path | None,
    relay_delay: float,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Fill a topic, let the service send it, and tell what it carries and what holds it up.

    The service runs as `run` would run it, in a process of its own, with these settings. Topics
    and groups are the run's own (kafka-mailer-bench-…) and are removed at the end, after Ctrl-C
    too: the queue and its group are left alone, and so is what STATE_URL names. Mail goes to a
    server of its own on this machine, which keeps nothing.

    After a warm-up that does not count, mails come at a steady rate, which gives the latency; then
    there are always more than can be sent, which gives the rest. It takes about 20 seconds. Exit
    code 1 when mails were not delivered.
    """
    if not to_relay and (recipients or yes):
        raise click.UsageError("--to and --yes go with --to-relay.")
    if to_relay and (relay_delay or parameters["relay_tls"]):
        raise click.UsageError("--relay-delay and --relay-tls are of the sink, not of your relay.")
    if to_relay and not recipients:
        raise click.UsageError("--to-relay needs --to: the addresses that get these mails.")
    if to_relay and not yes and not sys.stdin.isatty():
        raise click.UsageError("Nobody is there to be asked: give --yes to send to the relay.")
    loaded = load_from(parameters)
    order = Order(
        mails=mails or (MAILS_TO_RELAY if to_relay else MAILS),
        seconds=parameters["seconds"],
        rate=parameters["rate"],
        partitions=parameters["partitions"],
        recipients=tuple(map(_address, recipients)),
        to_relay=to_relay,
        embedded=parameters["embedded"],
        relay_delay_s=relay_delay,
        relay_tls=parameters["relay_tls"],
        document=_document(message_file) if message_file else None,
    )
    if to_relay:
        _check_sending(loaded.settings)
    # The stages, which --help does without.
    from app.cli.bench import printing
    from app.cli.bench.session import check_document, relay_name, run_bench

    if order.document is not None:
        check_document(loaded.settings, order)
    if to_relay and not yes and not _agreed(order, relay_name(loaded.settings)):
        return _FAILED
    figures = run_bench(loaded, order)
    if figures is None:
        return _INTERRUPTED
    if as_json:
        click.echo(printing.document(figures))
    else:
        printing.show(figures)
    return _FAILED if figures.failed else _DONE


def _address(text: str) -> str:
    try:
        return parse_address(text, "--to").spec
    except InvalidMessage as error:
        raise click.UsageError(str(error)) from None


def _document(path: Path) -> Mapping[str, Any]:
    """The flat shape of a message, without what is replaced."""
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise click.BadParameter(f"{path}: {error}", param_hint="--message") from None
    if not isinstance(found, dict) or not _NOT_FLAT.isdisjoint(found):
        raise click.BadParameter(
            f"{path}: must be a JSON object, a message in its flat shape", param_hint="--message"
        )
    return {name: value for name, value in found.items() if name not in _REPLACED}


def _check_sending(settings: Settings) -> None:
    """That mail would leave, and in somebody's name."""
    if settings.email_dry_run:
        raise click.UsageError("EMAIL_DRY_RUN is on: nothing would get to the relay.")
    if settings.email_from is None:
        raise click.UsageError("--to-relay needs a sender that the relay takes: set EMAIL_FROM.")


def _agreed(order: Order, relay: str) -> bool:
    whom = ", ".join(order.recipients)
    return agreed(f"Send up to {order.mails:,} mails through {relay} to {whom}?")
