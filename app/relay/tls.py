"""TLS as a thin transport over another one.

The loops' own TLS transports cost more than a whole SMTP dialogue and hide whether the socket has
taken what was written. This one leaves everything cryptographic, verification included, to `ssl`,
and passes flow control through unchanged.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from app.domain.errors import Fatal

if TYPE_CHECKING:
    from pathlib import Path

_CHUNK: Final = 65_536


def client_context(
    ca_file: Path | None = None, cert_file: Path | None = None, key_file: Path | None = None
) -> ssl.SSLContext:
    """TLS 1.2 or newer, verified against `ca_file` or else what the system trusts. Reads files.

    Raises:
        Fatal: a file cannot be read, or holds no certificate or key.
    """
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca_file)
    except OSError as error:  # ssl.SSLError is one
        raise Fatal(f"SMTP_CA_FILE {ca_file}: {_reason(error)}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Without renegotiation a write never has to wait for a read.
    context.options |= ssl.OP_NO_RENEGOTIATION
    if cert_file is not None:
        try:
            context.load_cert_chain(cert_file, key_file)
        except OSError as error:
            files = f"SMTP_CERT_FILE {cert_file}, SMTP_KEY_FILE {key_file or cert_file}"
            raise Fatal(f"{files}: {_reason(error)}") from None
    return context


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return f"no usable certificate or key in PEM form ({error.reason or 'unreadable'})"
    return error.strerror or "cannot be read"


class TlsTransport(asyncio.Transport, asyncio.Protocol):
    """A client's TLS on top of `wire`, to which it is the protocol."""

    def __init__(self, wire: asyncio.Transport, context: ssl.SSLContext, hostname: str) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=hostname)
        super().__init__({"sslcontext": context, "ssl_object": self._tls})
        self._wire = wire
        self._protocol: asyncio.Protocol | None = None
        self._shaken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._closing = False

    async def handshake(self, timeout: float) -> None:
        """Take the wire over and agree on keys; on failure the wire is closed.

        Raises:
            ssl.SSLError: among them `ssl.SSLCertVerificationError`.
            ConnectionError: the wire was lost.
            TimeoutError: after `timeout` seconds.
        """
        self._wire.set_protocol(self)
        try:
            if self._wire.is_closing():
                self._settle(ConnectionResetError("connection lost before the TLS handshake"))
            else:
                self._shake()
            async with asyncio.timeout(timeout):
                await self._shaken
        except BaseException:
            self.abort()
            raise

    def _shake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            # The alert tells the relay what was wrong.
            self._flush()
            self._settle(error)
        else:
            self._flush()
            self._settle(None)

    def _settle(self, error: Exception | None) -> None:
        if self._shaken.done():
            return
        if error is None:
            self._shaken.set_result(None)
        else:
            self._shaken.set_exception(error)

    @property
    def _up(self) -> bool:
        return self._shaken.done() and not self._shaken.cancelled() and not self._closing

    # What the wire tells us.

    @override
    def data_received(self, data: bytes) -> None:
        self._incoming.write(data)
        if not self._shaken.done():
            self._shake()
        if self._up and self._shaken.exception() is None:
            self._pump()

    def _pump(self) -> None:
        while self._protocol is not None and not self._closing:
            try:
                data = self._tls.read(_CHUNK)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                data = b""
            except ssl.SSLError as error:
                self._flush()
                self._wire.abort()
                self._lose(error)
                return
            if not data:
                self._protocol.eof_received()
                self.close()
                return
            self._protocol.data_received(data)
            if not self._incoming.pending and not self._tls.pending():
                # Asking once more would cost an exception for each reply.
                break
        self._flush()

    @override
    def eof_received(self) -> bool:
        if self._protocol is not None:
            self._protocol.eof_received()
        return False

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._settle(exc or ConnectionResetError("connection lost in the TLS handshake"))
        self._lose(exc)

    def _lose(self, exc: Exception | None) -> None:
        self._closing = True
        protocol, self._protocol = self._protocol, None
        if protocol is not None:
            protocol.connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.pause_writing()

    @override
    def resume_writing(self) -> None:
        if self._protocol is not None:
            self._protocol.resume_writing()

    # What the protocol above asks for.

    @override
    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        if self._closing or self._wire.is_closing():
            return
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[self._tls.write(rest) :]
        except ssl.SSLError:
            self.abort()
            return
        self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending:
            self._wire.write(self._outgoing.read())

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Give what has arrived, and what will arrive, to `protocol`."""
        if not isinstance(protocol, asyncio.Protocol):
            raise TypeError("needs an asyncio.Protocol")
        self._protocol = protocol
        if self._up:
            self._pump()

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return super().get_extra_info(name, self._wire.get_extra_info(name, default))

    @override
    def is_closing(self) -> bool:
        return self._closing or self._wire.is_closing()

    @override
    def close(self) -> None:
        if self._closing:
            return
        self._closing = True
        # It would wait for the relay's own close_notify, which we do not.
        with contextlib.suppress(ssl.SSLError):
            self._tls.unwrap()
        self._flush()
        self._wire.close()

    @override
    def abort(self) -> None:
        self._closing = True
        self._wire.abort()

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._wire.set_write_buffer_limits(high, low)
