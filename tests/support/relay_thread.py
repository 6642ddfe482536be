"""A relay beside a synchronous test: the misbehaving server in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any, Self

from tests.support.smtp_server import SmtpServer
from tests.support.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Coroutine


class RelayThread:
    """A context manager; the relay is there unless `away`, and keeps its port when it returns."""

    def __init__(self, server: SmtpServer | None = None, *, away: bool = False) -> None:
        self.server = SmtpServer() if server is None else server
        self._away = away
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.come()
        if self._away:
            self.go()
        return self

    def __exit__(self, *_: object) -> None:
        self.go()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def recipients(self) -> list[str]:
        """Of every mail accepted, in order of arrival."""
        return [one for mail in tuple(self.server.mails) for one in mail.recipients]

    def wait_for(self, count: int, within: float = 30.0) -> list[str]:
        """The recipients, once there are at least so many."""
        wait_until(lambda: len(self.recipients) >= count, f"{count} mails accepted", within)
        return self.recipients

    def go(self) -> None:
        """Drop what is open and refuse connections."""
        self._do(self.server.stop())

    def come(self) -> None:
        self._do(self.server.listen())

    def _do(self, call: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(call, self._loop).result(10)
