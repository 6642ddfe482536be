"""The sink takes every mail, however its octets come, and keeps none."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest

from app.embedded.certificate import loopback_context
from app.embedded.sink import Manners, Sink
from tests.support.waiting import run, until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

BY_DATA = (
    b"MAIL FROM:<a@example.com>\r\n",
    b"RCPT TO:<b@example.com>\r\n",
    b"DATA\r\n",
    b"Subject: x\r\n\r\ntext\r\n.\r\n",
)
IN_CHUNKS = (
    b"MAIL FROM:<a@example.com>\r\nRCPT TO:<b@example.com>\r\nBDAT 4\r\nabcdBDAT 2 LAST\r\nef"
)


def talk(sink: Sink, conversation: Callable[..., Awaitable[None]]) -> None:
    async def meet() -> None:
        async with sink:
            reader, writer = await asyncio.open_connection("127.0.0.1", sink.port)
            try:
                assert (await reader.readline()).startswith(b"220 ")
                await conversation(reader, writer)
            finally:
                writer.close()

    run(meet())


async def replies(reader: asyncio.StreamReader, count: int) -> list[bytes]:
    return [(await reader.readline())[:3] for _ in range(count)]


def test_by_data_and_in_chunks_each_mail_is_taken_once() -> None:
    sink = Sink()

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part, code in zip(BY_DATA, (b"250", b"250", b"354", b"250"), strict=True):
            writer.write(part)
            assert await replies(reader, 1) == [code]
        writer.write(IN_CHUNKS)
        assert await replies(reader, 4) == [b"250"] * 4
        writer.write(b"QUIT\r\n")
        assert await replies(reader, 1) == [b"221"]

    talk(sink, conversation)
    assert sink.taken == 2


def test_a_mail_in_single_octets_is_the_same() -> None:
    heard: list[bytes] = []
    sink = Sink(Manners(heard=heard.append))

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for octet in b"".join(BY_DATA) + IN_CHUNKS:
            writer.write(bytes([octet]))
            await writer.drain()
        assert await replies(reader, 8) == [b"250", b"250", b"354", *[b"250"] * 5]

    talk(sink, conversation)
    assert (sink.taken, heard) == (2, [b"Subject: x\r\n\r\ntext"])


def test_it_takes_its_time_before_a_final_reply_only() -> None:
    sink = Sink(Manners(delay_s=0.05))

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        writer.write(b"EHLO here\r\n")
        while not (await reader.readline()).startswith(b"250 "):
            pass
        writer.write(IN_CHUNKS)
        began = loop.time()
        assert await replies(reader, 4) == [b"250"] * 4
        assert loop.time() - began >= 0.049

    talk(sink, conversation)


def test_it_offers_starttls_and_is_verified_by_its_own_file(tmp_path: Path) -> None:
    theirs, trusted = loopback_context(tmp_path)
    ours = ssl.create_default_context(cafile=trusted)
    ours.verify_flags |= ssl.VERIFY_X509_STRICT
    sink = Sink(Manners(upgrade=theirs))

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await to_tls(reader, writer, ours)
        writer.write(IN_CHUNKS)
        assert await replies(reader, 4) == [b"250"] * 4

    talk(sink, conversation)
    assert sink.taken == 1
    assert (tmp_path / "sink.key").stat().st_mode & 0o077 == 0


def test_whoever_does_not_trust_it_goes_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sink = Sink(Manners(upgrade=loopback_context(tmp_path)[0]))

    async def conversation(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            await to_tls(reader, writer, ssl.create_default_context())
        await until(lambda: not sink.manners.sessions, "its session is over")

    talk(sink, conversation)
    assert (sink.taken, caplog.text) == (0, "")


async def to_tls(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, context: ssl.SSLContext
) -> None:
    writer.write(b"EHLO here\r\n")
    offered = [await reader.readline() for _ in range(7)]
    assert b"250 STARTTLS\r\n" in offered
    writer.write(b"STARTTLS\r\n")
    assert await replies(reader, 1) == [b"220"]
    await writer.start_tls(context, server_hostname="localhost")
