from __future__ import annotations

import asyncio
import os
import ssl
from typing import TYPE_CHECKING

import pytest
from typing_extensions import override

from app.relay.tls import TlsTransport, client_context
from tests.support.waiting import until

if TYPE_CHECKING:
    from tests.support.relay_rig import LoopRunner, Trust


class Listener(asyncio.Protocol):
    """Keeps what a transport tells it."""

    def __init__(self) -> None:
        self.received = b""
        self.eof = False
        self.lost = False
        self.error: Exception | None = None

    @override
    def data_received(self, data: bytes) -> None:
        self.received += data

    @override
    def eof_received(self) -> bool:
        self.eof = True
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self.error = exc


class Server:
    """One TLS (or plain) connection's other end."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        self._context = context
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> tuple[Server, asyncio.Transport]:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._context)
        port = self._server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        wire, _ = await loop.create_connection(asyncio.Protocol, "127.0.0.1", port)
        return self, wire

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        if self.writer is not None:
            self.writer.transport.abort()
        await asyncio.sleep(0)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def connected(self) -> asyncio.StreamWriter:
        await until(lambda: self.writer is not None, "the server has the connection")
        assert self.writer is not None
        return self.writer


async def secured(wire: asyncio.Transport, trust: Trust) -> tuple[TlsTransport, Listener]:
    transport = TlsTransport(wire, client_context(trust.ca_file), "127.0.0.1")
    await transport.handshake(10.0)
    listener = Listener()
    transport.set_protocol(listener)
    return transport, listener


def test_what_arrives_right_after_the_handshake_is_kept_for_the_protocol(
    run: LoopRunner, trust: Trust
) -> None:
    async def main() -> None:
        async with Server(trust.server_context()) as (server, wire):
            transport = TlsTransport(wire, client_context(trust.ca_file), "127.0.0.1")
            await transport.handshake(10.0)
            (await server.connected()).write(b"220 hello\r\n")
            for _ in range(20):
                await asyncio.sleep(0)
            listener = Listener()
            transport.set_protocol(listener)
            await until(lambda: listener.received == b"220 hello\r\n", "it is given")
            transport.abort()
            await until(lambda: listener.lost, "the end is told")

    run(main())


def test_a_close_is_told_as_end_of_file_then_as_loss(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with Server(trust.server_context()) as (server, wire):
            transport, listener = await secured(wire, trust)
            (await server.connected()).close()
            await until(lambda: listener.lost, "the end is told")
            assert listener.eof
            assert listener.error is None
            assert transport.is_closing()
            transport.write(b"too late")
            transport.close()

    run(main())


def test_a_connection_cut_without_farewell_is_lost(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with Server(trust.server_context()) as (server, wire):
            _, listener = await secured(wire, trust)
            (await server.connected()).transport.abort()
            await until(lambda: listener.lost, "the end is told")

    run(main())


def test_octets_that_are_no_tls_end_the_connection(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with Server(trust.server_context()) as (server, wire):
            _, listener = await secured(wire, trust)
            raw = (await server.connected()).get_extra_info("socket")
            os.write(raw.fileno(), b"250 injected below TLS\r\n")
            await until(lambda: listener.lost, "the end is told")
            assert isinstance(listener.error, ssl.SSLError)
            assert b"" == listener.received

    run(main())


def test_closing_says_farewell(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with Server(trust.server_context()) as (server, wire):
            transport, listener = await secured(wire, trust)
            transport.write(b"QUIT\r\n")
            await server.connected()
            reader = server.reader
            assert reader is not None
            assert b"QUIT\r\n" == await reader.readexactly(6)
            transport.close()
            await until(lambda: listener.lost, "the end is told")
            await until(reader.at_eof, "the other end reads a clean end")

    run(main())


def test_a_handshake_without_answer_times_out(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with Server(None) as (_, wire):
            transport = TlsTransport(wire, client_context(trust.ca_file), "127.0.0.1")
            with pytest.raises(TimeoutError):
                await transport.handshake(0.05)
            assert wire.is_closing()

    run(main())


def test_a_connection_lost_in_the_handshake_is_told(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with Server(None) as (server, wire):
            transport = TlsTransport(wire, client_context(trust.ca_file), "127.0.0.1")
            shaking = asyncio.create_task(transport.handshake(10.0))
            (await server.connected()).transport.abort()
            with pytest.raises(ConnectionError):
                await shaking

    run(main())


def test_a_wire_that_is_closing_is_not_shaken_on(run: LoopRunner, trust: Trust) -> None:
    async def main() -> None:
        async with Server(None) as (_, wire):
            wire.close()
            transport = TlsTransport(wire, client_context(trust.ca_file), "127.0.0.1")
            with pytest.raises(ConnectionError):
                await transport.handshake(10.0)

    run(main())
