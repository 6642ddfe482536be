"""Asking each broker that holds partitions of ours whether it is there."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError
from aiokafka.protocol.metadata import MetadataRequest

from app.kafka.bounded import bounded
from app.kafka.refusal import is_for_good, reason_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.kafka.config import KafkaConfig


class Roll(NamedTuple):
    """Topics that do not exist, and brokers that hold partitions of the others and are away.

    What we may not know of counts as there. `silent`: why, where no broker answers at all.
    """

    missing: Sequence[str] = ()
    away: Sequence[str] = ()
    silent: str | None = None


class RollCall:
    """Keeps a connection to each of them; a broker has `answer_s` seconds for its answer.

    The client library asks whichever broker it likes: one that is away would speak for all.
    """

    def __init__(self, config: KafkaConfig, answer_s: float) -> None:
        self._config = config
        self._answer_s = answer_s
        self._options = config.client_options()
        del self._options["bootstrap_servers"]
        self._connections: dict[str, Any] = {}
        self._addresses: dict[int, str] = {}
        self._asked: tuple[str, ...] = config.brokers

    async def hold(self, topics: Sequence[str]) -> Roll:
        """Ask all at once."""
        # The library's own way of asking makes brokers create a topic that is asked for by name.
        question = MetadataRequest(list(topics), allow_auto_topic_creation=False)
        answers = await asyncio.gather(*(self._ask(each, question) for each in self._asked))
        by_address = dict(zip(self._asked, answers, strict=True))
        told = [each for each in answers if not isinstance(each, Exception)]
        if told:
            return self._roll(by_address, told)
        # They may have moved: those that the settings name know more.
        self._asked = self._config.brokers
        errors = [each for each in answers if isinstance(each, Exception)]
        worst = next((each for each in errors if is_for_good(each)), errors[-1])
        return Roll(silent=reason_of(worst, self._config))

    def close(self) -> None:
        for connection in self._connections.values():
            connection.close()
        self._connections.clear()

    def _roll(
        self, by_address: Mapping[str, dict[str, Any] | Exception], told: list[dict[str, Any]]
    ) -> Roll:
        present = {
            each["node_id"]: f"{each['host']}:{each['port']}"
            for answer in told
            for each in answer["brokers"]
        }
        self._addresses |= present
        holders = {
            number
            for answer in told
            for topic in answer["topics"]
            for partition in topic["partitions"]
            for number in partition["replicas"]
        }
        away = {
            number
            for number in holders
            if number not in present or isinstance(by_address.get(present[number]), Exception)
        }
        names = {number: self._addresses.get(number, f"number {number}") for number in holders}
        self._asked = tuple(names[each] for each in sorted(holders) if each in present)
        self._asked = self._asked or self._config.brokers
        for gone in self._connections.keys() - set(self._asked):
            self._connections.pop(gone).close()
        return Roll(self._missing(told), [names[each] for each in sorted(away)])

    @staticmethod
    def _missing(told: list[dict[str, Any]]) -> list[str]:
        """What none of them knows: news of a new topic travels from broker to broker."""
        unknown = [
            {
                topic["topic"]
                for topic in answer["topics"]
                if topic["error_code"] == UnknownTopicOrPartitionError.errno
            }
            for answer in told
        ]
        return sorted(set.intersection(*unknown))

    async def _ask(self, address: str, question: Any) -> dict[str, Any] | Exception:
        try:
            answer = await bounded(self._put(address, question), self._answer_s)
        except (KafkaError, OSError, TimeoutError, ValueError) as error:
            if (connection := self._connections.pop(address, None)) is not None:
                connection.close()
            return error
        found: dict[str, Any] = answer.to_object()
        return found

    async def _put(self, address: str, question: Any) -> Any:
        connection = self._connections.get(address)
        if connection is None or not connection.connected():
            host, _, port = address.rpartition(":")
            connection = await create_conn(host.strip("[]"), int(port), **self._options)
            self._connections[address] = connection
        return await connection.send(question)
