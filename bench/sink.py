"""A relay that takes everything and keeps nothing, with CHUNKING and TLS, which smtp-sink lacks.

Prints its port; `python -m bench.sink --help` says what can be left out.
"""

from __future__ import annotations

import argparse
import asyncio
import ssl
from typing import Final, cast

import uvloop
from typing_extensions import override

_EXTENSIONS: Final = ("PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES")
_END: Final = b"\r\n.\r\n"


class _Session(asyncio.Protocol):
    """Answers all commands of a segment in one piece."""

    def __init__(self, greeting: bytes) -> None:
        self._ehlo = greeting
        self._rest = b""
        self._in_data = False
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(b"220 sink.example ESMTP\r\n")

    @override
    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
            self._rest = b""
        answers = []
        while data:
            if self._in_data:
                end = data.find(_END) if not data.endswith(_END) else len(data) - len(_END)
                if end < 0:
                    break
                data = data[end + len(_END) :]
                self._in_data = False
                answers.append(b"250 2.0.0 queued\r\n")
                continue
            line, ended, rest = data.partition(b"\r\n")
            if not ended:
                break
            verb = line[:4]
            if verb == b"BDAT":
                size = int(line.split(b" ")[1])
                if len(rest) < size:
                    break
                rest = rest[size:]
            data = rest
            answers.append(self._answer(verb))
        self._rest = data
        if answers and self._transport is not None:
            self._transport.write(b"".join(answers))

    def _answer(self, verb: bytes) -> bytes:
        match verb:
            case b"EHLO":
                return self._ehlo
            case b"DATA":
                self._in_data = True
                return b"354 go ahead\r\n"
            case b"QUIT":
                return b"221 2.0.0 bye\r\n"
            case _:
                return b"250 2.0.0 ok\r\n"


async def _serve(extensions: list[str], context: ssl.SSLContext | None) -> None:
    lines = ["sink.example", *extensions]
    ehlo = "".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n"
    server = await asyncio.get_running_loop().create_server(
        lambda: _Session(ehlo.encode()), "127.0.0.1", 0, ssl=context
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sink", description=__doc__)
    parser.add_argument("--without", action="append", default=[], choices=_EXTENSIONS)
    parser.add_argument("--certificate", help="certificate and key in one PEM file: speaks TLS")
    options = parser.parse_args()
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)
    extensions = [each for each in _EXTENSIONS if each not in options.without]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(extensions, context))


if __name__ == "__main__":
    main()
