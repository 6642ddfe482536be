"""The verbs of `kafka-mailer suppressions`."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any, Final

import click

from app.cli.flags import KAFKA_CONNECTION_FIELDS, load_from, settings_flags
from app.cli.suppressions.moments import until_ms
from app.cli.verbs import ExamplesCommand, ExamplesGroup

if TYPE_CHECKING:
    from app.cli.suppressions.printing import Printer
    from app.cli.suppressions.subjects import Subject
    from app.settings import Settings
    from app.state.register import Listed, Register

_USED: Final = (*KAFKA_CONNECTION_FIELDS, "email_suppressions_topic")
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object on a line.")
_addresses = click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
_file = click.option(
    "--file",
    "-f",
    "source",
    type=click.File("rb"),
    metavar="FILE",
    help="Read addresses from FILE, one on each line; - is standard input.",
)


@click.group(
    cls=ExamplesGroup,
    short_help="See and change which addresses get no mail.",
    examples=(
        ("kafka-mailer suppressions list", ""),
        ("kafka-mailer suppressions add ann@example.com --reason 'asked us to'", ""),
        ("kafka-mailer suppressions check ann@example.com && echo 'gets no mail'", ""),
        ("kafka-mailer suppressions remove ann@example.com", "before you replay mail to her"),
    ),
)
def command() -> None:
    """See and change the list of addresses that no mail goes to.

    The service enters an address when a relay refuses it for good, for SUPPRESSION_TTL; entries
    made here stay until they are removed, unless they say otherwise. Running services follow
    within a second. The topic holds no addresses but their digests; wherever an address is asked
    for, its digest will do.
    """


@settings_flags(*_USED)
@command.command(
    "list",
    cls=ExamplesCommand,
    short_help="List the addresses that get no mail.",
    examples=(
        ("kafka-mailer suppressions list --source manual", ""),
        ("kafka-mailer suppressions list --json | jq -r .digest", ""),
    ),
)
@click.option("--source", type=click.Choice(("bounce", "manual")), help="Only those made so.")
@click.option("--expired", is_flag=True, help="Those whose time is over, instead of the others.")
@_json
def list_(*, source: str | None, expired: bool, as_json: bool, **parameters: Any) -> None:
    """List the suppressions that count now, oldest first.

    A terminal may have no room for whole digests; a pipe and --json have them.
    """
    settings, topic = _settings(parameters)
    from app.cli.suppressions.opening import with_register
    from app.cli.suppressions.printing import Printer
    from app.domain.clock import epoch_ms

    found = with_register(settings, topic, lambda register: register.entries())
    now = epoch_ms()
    listed = [
        (digest, it)
        for digest, (it, _) in sorted(found.items(), key=lambda each: each[1].suppression.since_ms)
        if it.is_over(now) is expired and source in {None, it.source}
    ]
    Printer(as_json=as_json).listed(listed, now)


@settings_flags(*_USED)
@command.command(
    "add",
    cls=ExamplesCommand,
    short_help="Suppress addresses.",
    examples=(
        ("kafka-mailer suppressions add ann@example.com --reason 'asked us to'", ""),
        ("kafka-mailer suppressions add ann@example.com --for 30d", ""),
        ("kafka-mailer suppressions add --file unsubscribed.txt", "one address on each line"),
    ),
)
@_addresses
@_file
@click.option("--reason", default="", metavar="TEXT", help="Why, for whoever looks later.")
@click.option("--until", metavar="TIME", help="Until then, like 2030-01-31T08:00:00Z.")
@click.option("--for", "duration", metavar="DURATION", help="For so long, like 30d.")
@_json
def add(
    *,
    addresses: tuple[str, ...],
    source: IO[bytes] | None,
    reason: str,
    until: str | None,
    duration: str | None,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Let no mail go to these addresses, for ever unless told otherwise.

    What stood there for an address is replaced. Bad lines are named and the rest goes on, with
    exit code 1; a bad argument is an error, with exit code 2, and nothing is changed.
    """
    ends_ms = until_ms(until, duration)
    settings, topic = _settings(parameters)
    subjects, printer = _subjects(addresses, source, as_json=as_json)
    from app.cli.suppressions.opening import with_register
    from app.domain.clock import epoch_ms
    from app.domain.suppression import Source, Suppression

    made = Suppression(Source.MANUAL, reason, epoch_ms(), ends_ms)
    entries = dict.fromkeys(subjects, made)
    refused = with_register(settings, topic, lambda register: register.put(entries))
    for digest, each in subjects.items():
        if digest in refused:
            printer.refused(each, str(refused[digest]))
        else:
            printer.done("added", each)
    return 1 if printer.wrong else 0


@settings_flags(*_USED)
@command.command(
    "remove",
    cls=ExamplesCommand,
    short_help="Let mail go to addresses again.",
    examples=(
        ("kafka-mailer suppressions remove ann@example.com", ""),
        ("kafka-mailer suppressions remove --expired", "tidy up"),
    ),
)
@_addresses
@_file
@click.option("--expired", is_flag=True, help="Also every entry whose time is over.")
@_json
def remove(
    *,
    addresses: tuple[str, ...],
    source: IO[bytes] | None,
    expired: bool,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Let mail go to these addresses again.

    An address that is not on the list is said to be so, and no error.
    """
    settings, topic = _settings(parameters)
    subjects, printer = _subjects(addresses, source, as_json=as_json, needed=not expired)
    from app.cli.suppressions.opening import with_register
    from app.cli.suppressions.subjects import Subject
    from app.domain.clock import epoch_ms

    now = epoch_ms()

    async def use(register: Register) -> dict[bytes, str]:
        found = await register.entries(None if expired else subjects.keys())
        meant = {
            digest: listed
            for digest, listed in found.items()
            if digest in subjects or listed.suppression.is_over(now)
        }
        refused = await register.remove(meant)
        return {digest: str(refused.get(digest, "")) for digest in meant}

    removed = with_register(settings, topic, use)
    for digest in {**subjects, **dict.fromkeys(removed)}:
        each = subjects.get(digest) or Subject(digest, digest.hex())
        if digest not in removed:
            printer.done("not there", each)
        elif removed[digest]:
            printer.refused(each, removed[digest])
        else:
            printer.done("removed", each)
    return 1 if printer.wrong else 0


@settings_flags(*_USED)
@command.command(
    "check",
    cls=ExamplesCommand,
    short_help="Tell whether an address is suppressed.",
    examples=(("kafka-mailer suppressions check ann@example.com", ""),),
)
@click.argument("address", metavar="ADDRESS")
@_json
def check(*, address: str, as_json: bool, **parameters: Any) -> int:
    """Tell whether mail to this address is withheld, and why.

    Exit code 0 when it is suppressed, 1 when it is not, as grep finds or finds not.
    """
    settings, topic = _settings(parameters)
    subjects, printer = _subjects((address,), None, as_json=as_json)
    from app.cli.suppressions.opening import with_register
    from app.domain.clock import epoch_ms

    found: dict[bytes, Listed] = with_register(
        settings, topic, lambda register: register.entries(subjects.keys())
    )
    ((digest, meant),) = subjects.items()
    it = found[digest].suppression if digest in found else None
    if it is not None and it.is_over(epoch_ms()):
        it = None
    printer.checked(meant, it)
    return 0 if it is not None else 1


def _settings(parameters: dict[str, Any]) -> tuple[Settings, str]:
    settings = load_from(parameters).settings
    topic = settings.email_suppressions_topic
    if topic is None:
        raise click.UsageError("EMAIL_SUPPRESSIONS_TOPIC is empty: there are no suppressions.")
    return settings, topic


def _subjects(
    addresses: tuple[str, ...],
    source: IO[bytes] | None,
    *,
    as_json: bool,
    needed: bool = True,
) -> tuple[dict[bytes, Subject], Printer]:
    """By digest, of arguments and file together; what is wrong in the file is said."""
    from app.cli.suppressions.printing import Printer  # addresses are slow to import
    from app.cli.suppressions.subjects import once_each, read_lines, subject

    if needed and not addresses and source is None:
        raise click.UsageError("No address: give some, or --file.")
    found = []
    for each in addresses:
        try:
            found.append(subject(each))
        except ValueError as error:
            raise click.UsageError(f"ADDRESS: {error}") from None
    printer = Printer(as_json=as_json)
    if source is not None:
        good, bad = read_lines(source)
        found += good
        for line in bad:
            printer.unreadable(line)
    return once_each(found), printer
