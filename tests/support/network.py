"""Brokers that go away for the clients of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.conn import AIOKafkaConnection

if TYPE_CHECKING:
    import pytest


class Network:
    """Every connection of the client library; `cut` ends them and refuses new ones."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._up = True
        self._open: list[AIOKafkaConnection] = []
        really_connect = AIOKafkaConnection.connect

        async def connect(connection: AIOKafkaConnection) -> object:
            if not self._up:
                raise ConnectionRefusedError("the network is cut")
            self._open.append(connection)
            return await really_connect(connection)

        monkeypatch.setattr(AIOKafkaConnection, "connect", connect)

    def cut(self) -> None:
        self._up = False
        for connection in self._open:
            connection.close()
        self._open.clear()

    def mend(self) -> None:
        self._up = True
