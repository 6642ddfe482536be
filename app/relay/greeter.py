"""aiosmtplib's protocol, watched, so that nothing unasked for goes unnoticed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

from aiosmtplib.protocol import SMTPProtocol
from typing_extensions import override

from app.relay.reply import MalformedReply, ReplyParser

if TYPE_CHECKING:
    from aiosmtplib import SMTPResponse


class Greeter(SMTPProtocol):
    """aiosmtplib drops what arrives unasked; before STARTTLS that may be an attack.

    A plaintext reply injected there (the CVE-2011-0411 class) makes the count wrong.
    """

    def __init__(self, *, greeting_due: bool) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._asked = int(greeting_due)
        self._answers = 0
        self._parser = ReplyParser()
        self.garbled: str | None = None

    @property
    def answered_exactly(self) -> bool:
        """Every command has its one reply, and nothing else came."""
        return (
            self.garbled is None and self._parser.between_replies and self._answers == self._asked
        )

    @override
    def data_received(self, data: bytes) -> None:
        try:
            self._answers += sum(1 for _ in self._parser.feed(data))
        except MalformedReply as error:
            self.garbled = str(error)
            if self.transport is not None:
                cast("asyncio.Transport", self.transport).abort()
        else:
            super().data_received(data)

    @override
    async def execute_command(self, *args: bytes, timeout: float | None = None) -> SMTPResponse:
        self._asked += 1
        return await super().execute_command(*args, timeout=timeout)
