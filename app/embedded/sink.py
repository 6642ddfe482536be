"""An SMTP server that takes everything and keeps nothing, at full speed."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Self, cast

from typing_extensions import override

from app.embedded.errors import EmbeddedError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

EXTENSIONS: Final = ("PIPELINING", "CHUNKING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES")
HOST: Final = "127.0.0.1"
_END: Final = b"\r\n.\r\n"
_BACKLOG: Final = 1000


@dataclass(slots=True)
class Manners:
    """How all sessions behave; `delay_s` passes before each final reply.

    `heard` is given the content of each mail that comes by DATA, just before its final reply;
    `upgrade` offers STARTTLS.
    """

    extensions: tuple[str, ...] = EXTENSIONS
    delay_s: float = 0.0
    upgrade: ssl.SSLContext | None = None
    heard: Callable[[bytes], None] | None = None
    taken: int = 0
    sessions: set[asyncio.Task[None]] = field(default_factory=set)

    def ehlo(self, *, secured: bool) -> bytes:
        offered = self.extensions
        if self.upgrade is not None and not secured:
            offered = (*offered, "STARTTLS")
        lines = ["sink.example", *offered]
        return ("".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}\r\n").encode()


class Session(asyncio.Protocol):
    """Answers all commands of a segment in one piece."""

    def __init__(self, manners: Manners, *, secured: bool = False, greet: bool = True) -> None:
        self._manners = manners
        self._ehlo = manners.ehlo(secured=secured)
        self._greet = greet
        self._rest = b""
        self._in_data = False
        self._transport: asyncio.Transport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        if self._greet:
            self._transport.write(b"220 sink.example ESMTP\r\n")
        if self._rest:
            self.data_received(b"")

    @override
    def data_received(self, data: bytes) -> None:
        if self._rest:
            data = self._rest + data
        if self._transport is None:
            self._rest = data  # it came with the end of the handshake
            return
        answers: list[bytes] = []
        taken, self._rest = self._read(data, answers)
        if not answers:
            return
        if taken and self._manners.delay_s:
            loop = asyncio.get_running_loop()
            loop.call_later(self._manners.delay_s, self._reply, answers, taken)
        else:
            self._reply(answers, taken)

    def _read(self, data: bytes, answers: list[bytes]) -> tuple[int, bytes]:
        """How many mails ended in it, and what is left of an unfinished line or mail."""
        taken = 0
        while data:
            if self._in_data:
                end = data.find(_END) if not data.endswith(_END) else len(data) - len(_END)
                if end < 0:
                    break
                if self._manners.heard is not None:
                    self._manners.heard(data[:end])
                data = data[end + len(_END) :]
                self._in_data = False
                taken += 1
                answers.append(b"250 2.0.0 queued\r\n")
                continue
            line, ended, rest = data.partition(b"\r\n")
            verb = line[:4].upper()
            size = int(line.split(b" ")[1]) if ended and verb == b"BDAT" else 0
            if not ended or len(rest) < size:
                break
            data = rest[size:]
            taken += verb == b"BDAT" and line.upper().endswith(b" LAST")
            if verb == b"STAR" and self._manners.upgrade is not None:
                self._upgrade(self._manners.upgrade)
                return taken, b""
            answers.append(self._answer(verb))
        return taken, data

    def _reply(self, answers: list[bytes], taken: int) -> None:
        self._manners.taken += taken
        if self._transport is not None:
            self._transport.write(b"".join(answers))

    def _upgrade(self, context: ssl.SSLContext) -> None:
        task = asyncio.get_running_loop().create_task(self._secure(context))
        self._manners.sessions.add(task)
        task.add_done_callback(self._manners.sessions.discard)

    async def _secure(self, context: ssl.SSLContext) -> None:
        plain = self._transport
        if plain is None:
            return
        plain.write(b"220 2.0.0 go ahead\r\n")
        session = Session(self._manners, secured=True, greet=False)
        # A client that does not trust the certificate is gone then.
        with contextlib.suppress(OSError):
            transport = await asyncio.get_running_loop().start_tls(
                plain, session, context, server_side=True
            )
            if transport is not None:
                session.connection_made(transport)

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


class Sink:
    """An async context manager on a free port of the loopback, in this process's event loop."""

    def __init__(self, manners: Manners | None = None) -> None:
        self.manners = manners or Manners()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the sink is not open")
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def taken(self) -> int:
        """Mails so far."""
        return self.manners.taken

    async def __aenter__(self) -> Self:
        """Raises EmbeddedError when it cannot listen."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Session(self.manners), HOST, 0, backlog=_BACKLOG
            )
        except OSError as error:
            raise EmbeddedError(f"the sink cannot listen on {HOST}: {error.strerror}") from error
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
