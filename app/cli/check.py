"""`kafka-mailer check`: what is wrong with the set-up, before production finds out."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import click
from typing_extensions import override

from app.cli.flags import flags_of, settings_flags
from app.cli.verbs import ExamplesCommand
from app.domain.finding import Area
from app.settings import load

_DNS_PORT: Final = 53
_EXAMPLES: Final = (
    ("kafka-mailer check", "with the settings that `run` would take"),
    ("kafka-mailer check relays domains", "these areas only"),
    ("kafka-mailer check --dns 1.1.1.1", "ask another name server than the system's"),
    ("kafka-mailer check --json | jq -r '.findings[] | select(.verdict != \"ok\") | .mend'", ""),
)


class NameServer(click.ParamType[tuple[str, int]]):
    """Its address, and its port."""

    name = "server"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        try:
            return str(ip_address(value)), _DNS_PORT
        except ValueError:
            pass
        try:
            parts = urlsplit(f"//{value}")
            found = str(ip_address(parts.hostname or "")), parts.port or 0
        except ValueError:
            found = "", 0
        if not found[1]:
            self.fail(f"{value}; allowed: an address, such as 192.0.2.53 or [2001:db8::53]:5353")
        return found


@settings_flags()
@click.command(
    cls=ExamplesCommand,
    short_help="Find out what is wrong before production does.",
    examples=_EXAMPLES,
)
@click.argument(
    "areas", nargs=-1, metavar="[AREA]...", type=click.Choice([str(each) for each in Area])
)
@click.option(
    "--timeout",
    "seconds",
    type=click.FloatRange(min=0.1),
    default=5.0,
    metavar="SECONDS",
    show_default=True,
    help="How long each server may take to answer.",
)
@click.option(
    "--dns", type=NameServer(), metavar="ADDRESS[:PORT]", help="Name server, else the system's."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(
    *,
    areas: tuple[str, ...],
    seconds: float,
    dns: tuple[str, int] | None,
    as_json: bool,
    **parameters: Any,
) -> int:
    """Look at settings, brokers, rights, topics, group, relays, domains, templates and state.

    Each AREA by its name, or all. Takes the flags of `run`. Changes nothing and sends no mail:
    relays are asked with MAIL and RCPT whether they would take one from EMAIL_FROM, and then told
    to forget it. The service may run or not.

    Says of each thing whether it is ok, worth a look (warning) or wrong (problem), why that
    matters and how to mend it. Exit code 0 without problems, 1 with some, 3 when a server that is
    needed gives no answer, 2 for settings that are wrong by themselves.
    """
    loaded = load(flags_of(parameters))
    # The stages, which --help does without.
    from app.cli.check_report import report

    chosen = [Area(each) for each in areas] or list(Area)
    return asyncio.run(report(loaded, chosen, seconds=seconds, dns=dns, as_json=as_json))
