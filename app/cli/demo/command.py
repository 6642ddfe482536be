"""The verb itself: its options, and how it ends."""

from __future__ import annotations

import asyncio
import logging

import click

from app.cli.verbs import ExamplesCommand

DONE = 0
FAILED = 1
INTERRUPTED = 130

PORT = click.IntRange(1, 65535)


@click.command(
    cls=ExamplesCommand,
    short_help="Watch it work.",
    examples=(
        ("kafka-mailer demo", "stays until Ctrl-C, for mails of your own"),
        ("kafka-mailer demo --once", "ends by itself: 0 when every mail ended as expected"),
        ("kafka-mailer demo --page-port 9000", ""),
    ),
)
@click.option("--once", is_flag=True, help="End when every mail has.")
@click.option(
    "--kafka-port", type=PORT, metavar="PORT", help="Port of the broker.  [default: 19092 or free]"
)
@click.option(
    "--smtp-port", type=PORT, metavar="PORT", help="Port of the mailbox.  [default: 1025 or free]"
)
@click.option(
    "--page-port", type=PORT, metavar="PORT", help="Port of its page.  [default: 8025 or free]"
)
@click.option(
    "--health-port", type=PORT, metavar="PORT", help="Port of health.  [default: 8081 or free]"
)
def command(
    *,
    once: bool,
    kafka_port: int | None,
    smtp_port: int | None,
    page_port: int | None,
    health_port: int | None,
) -> int:
    """Run the service between a broker and a mailbox of its own, and send mails of every kind.

    Nothing leaves this machine and nothing stays on it. On a terminal it stays until Ctrl-C, for
    mails of your own; elsewhere it ends when every mail has. The exit code is 1 when a mail did
    not end as it should.
    """
    # The stages, uvicorn and rich: --help does without them.
    from app.cli.demo.ports import Ports
    from app.cli.demo.screen import open_screen
    from app.cli.demo.show import Ending, run_show

    # Libraries that warn of what they then do again would write into the table.
    logging.getLogger().addHandler(logging.NullHandler())
    ports = Ports.choose(kafka=kafka_port, smtp=smtp_port, page=page_port, health=health_port)
    screen = open_screen()
    ending = asyncio.run(run_show(ports, screen, stay=screen.interactive and not once))
    match ending:
        case Ending.AS_EXPECTED:
            return DONE
        case Ending.OTHERWISE:
            return FAILED
        case Ending.INTERRUPTED:
            return INTERRUPTED
