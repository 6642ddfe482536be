"""`kafka-mailer dlq replay`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

import click
from typing_extensions import override

from app.cli.dlq.flags import (
    COMPOSING,
    TOPIC,
    PlaceType,
    is_selective,
    selection_flags,
    selection_of,
)
from app.cli.flags import load_from, settings_flags
from app.cli.shown import counted
from app.cli.terminal import agreed
from app.cli.verbs import ExamplesCommand
from app.domain.clock import epoch_ms
from app.settings.quantities import parse_rate

if TYPE_CHECKING:
    from app.outcomes.dead_letters import Letters, Order, Place
    from app.settings import Settings

_UNASKED: Final = 10


class Rate(click.ParamType[float]):
    """`50/s`, `100/m`, as letters a second."""

    name = "rate"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        if isinstance(value, float):
            return value
        try:
            return parse_rate(value)
        except ValueError as error:
            self.fail(
                f"{value!r} is no rate; allowed: a number like 50/s or 100/m ({error})", param, ctx
            )


@settings_flags(*TOPIC, "kafka_topic", "kafka_create_topics", "log_addresses", *COMPOSING)
@selection_flags
@click.command(
    "replay",
    cls=ExamplesCommand,
    short_help="Send dead letters to the queue again, each once.",
    examples=(
        ("kafka-mailer dlq replay 0/17 2/4", ""),
        ("kafka-mailer dlq replay --kind temporary --newer-than 1d --dry-run", ""),
        ("kafka-mailer dlq replay --all --rate 20/s", ""),
        ("kafka-mailer dlq replay 0/17 --again --to email-queue-test", ""),
    ),
)
@click.argument("places", type=PlaceType(), metavar="[PARTITION/OFFSET]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that were not replayed before.")
@click.option("--again", is_flag=True, help="Also those that were replayed before.")
@click.option("--to", metavar="TOPIC", help="To this topic instead of the queue.")
@click.option("--rate", type=Rate(), metavar="N/s", help="At most so many a second (or /m, /h).")
@click.option("--dry-run", is_flag=True, help="Say what would be sent and become of it; no more.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, one line for each letter.")
def replay_letters(
    *,
    places: tuple[Place, ...],
    everything: bool,
    again: bool,
    to: str | None,
    rate: float | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Send dead letters to the queue again: by place, by what they are, or --all.

    Each goes once. What was replayed before is left alone, also by a replay that was interrupted.
    Attempts are counted anew; id, recipients and Message-ID stay. A replay that begins while
    another runs takes over from it.

    --dry-run reads and composes each letter as the service would. It does not look whether an
    address is suppressed: `kafka-mailer suppressions check` tells.
    """
    ways = (bool(places), everything, is_selective(parameters))
    if sum(ways) != 1:
        raise click.UsageError(
            "Say which letters: either PARTITION/OFFSET, or flags such as --kind, or --all."
        )
    settings = load_from(parameters).settings
    from app.cli.dlq.session import on_letters
    from app.cli.dlq.telling import Telling
    from app.outcomes.dead_letters import Order
    from app.telemetry import AddressView

    order = Order(
        to=to or settings.kafka_topic,
        places=places,
        selection=selection_of(parameters),
        again=again,
        rate=rate,
    )
    asking = not (dry_run or yes or places) and sys.stdin.isatty()
    if asking and not _asked(settings, order):
        return 1
    telling = Telling(
        to=order.to,
        as_json=as_json,
        named=bool(places),
        dry_run=dry_run,
        scrub=AddressView(settings.log_addresses).scrub,
    )
    with telling:
        on_letters(settings, _work(settings, order, telling, dry_run=dry_run), bar=False)
    return 1 if telling.failures else 0


def _work(settings: Settings, order: Order, telling: Any, *, dry_run: bool) -> Any:
    from app.bootstrap.configs import kafka_config
    from app.cli.dlq.session import previewer
    from app.outcomes.dead_letters import foresee, replay

    async def tell(letters: Letters) -> None:
        outlook = previewer(settings).outlook
        await foresee(letters, order, telling, outlook, clock=epoch_ms)

    async def do(letters: Letters) -> None:
        await replay(
            letters,
            order,
            telling,
            kafka_config(settings),
            create_topics=settings.kafka_create_topics,
            clock=epoch_ms,
        )

    return tell if dry_run else do


def _asked(settings: Settings, order: Order) -> bool:
    """Ask before much is sent; what is asked about is counted first."""
    from app.cli.dlq.session import on_letters
    from app.outcomes.dead_letters import statistics_of

    async def count(letters: Letters) -> int:
        found = await statistics_of(letters, order.selection)
        return found.letters - (0 if order.again else found.replayed)

    number = on_letters(settings, count)
    if number > _UNASKED:
        what = counted(number, "dead letter")
        return agreed(f"Send {what} to {order.to}?")
    return True
