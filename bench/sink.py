"""A relay that takes everything and keeps nothing, with CHUNKING, TLS and delays.

These are what smtp-sink lacks. It prints its port, then with `--count` how many mails came, as
smtp-sink's -c does. `python -m bench.sink --help` says what else there is.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from typing import Final

import uvloop

from app.embedded.sink import EXTENSIONS, Manners, Session

_COUNT_S: Final = 0.01


async def _count(manners: Manners) -> None:
    shown = 0
    while True:
        await asyncio.sleep(_COUNT_S)
        if manners.taken != shown:
            shown = manners.taken
            print(f"mesg={shown}\r", end="", flush=True)


async def _serve(manners: Manners, context: ssl.SSLContext | None, *, count: bool) -> None:
    server = await asyncio.get_running_loop().create_server(
        lambda: Session(manners, secured=context is not None),
        "127.0.0.1",
        0,
        ssl=context,
        backlog=1000,
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with asyncio.TaskGroup() as group:
        if count:
            group.create_task(_count(manners))
        group.create_task(server.serve_forever())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sink", description=__doc__)
    parser.add_argument("--without", action="append", default=[], choices=EXTENSIONS)
    parser.add_argument("--certificate", help="certificate and key in one PEM file: speaks TLS")
    parser.add_argument("--starttls", action="store_true", help="only when asked to")
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before a final reply")
    parser.add_argument("--count", action="store_true", help="print how many mails came")
    options = parser.parse_args()
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
    manners = Manners(
        tuple(each for each in EXTENSIONS if each not in options.without),
        options.delay,
        upgrade=context if options.starttls else None,
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(manners, None if options.starttls else context, count=options.count))


if __name__ == "__main__":
    main()
