"""Writing batches whole or not at all, as the only writer of a name."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    KafkaError,
    ProducerFenced,
    TransactionalIdAuthorizationFailed,
)
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from app.domain.errors import Fatal, MailerError
from app.kafka.answer import REFUSALS, refusal
from app.kafka.attempt import partition_of, taken_note_of
from app.kafka.bounded import bounded, closed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.record import Outgoing
    from app.kafka.config import KafkaConfig

# An open transaction holds up everybody who reads the topic, should its writer vanish.
OPEN_AT_MOST_S = 20.0
ABORT_S = 5.0
BATCH_BYTES = 256 * 1024


class Superseded(MailerError):
    """Another writer of the same name has begun, or the broker gave this one up as too slow."""


class Transactions:
    """Committed batches under a transactional id.

    Once entered, what an earlier writer of that name left open is undone, and whatever it still
    tries is refused: `Superseded` there. After any error this one is not to be used any more.
    """

    def __init__(
        self, config: KafkaConfig, transactional_id: str, *, max_request_size: int = 1024 * 1024
    ) -> None:
        self._id = transactional_id
        self._bound = config.request_timeout_s
        self._largest = max_request_size
        self._client: Any = AIOKafkaProducer(
            **config.client_options(),
            acks="all",
            transactional_id=transactional_id,
            transaction_timeout_ms=round(OPEN_AT_MOST_S * 1000),
            max_batch_size=min(BATCH_BYTES, max_request_size),
            max_request_size=max_request_size,
            linger_ms=0,
        )

    async def __aenter__(self) -> Self:
        """`Fatal` where the name may not be used; `KafkaError`, OSError or TimeoutError."""
        try:
            await bounded(self._client.start(), self._bound)
        except BaseException as error:
            await self._close()
            if isinstance(error, TransactionalIdAuthorizationFailed):
                raise Fatal(f"Kafka does not allow the transactional id {self._id}") from None
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._close()

    def fits(self, outgoing: Outgoing) -> bool:
        """Whether the record is within `max_request_size`."""
        size = DefaultRecordBatchBuilder.estimate_size_in_bytes(
            outgoing.key, outgoing.value, list(outgoing.headers)
        )
        return bool(size <= self._largest)

    async def write(self, batch: Sequence[Outgoing]) -> None:
        """Commit all of them together.

        After `PublishError` none was written. After `Superseded`, `KafkaError`, OSError or
        TimeoutError either all or none: only the topics can tell.
        """
        try:
            async with asyncio.timeout(OPEN_AT_MOST_S):
                await self._client.begin_transaction()
                await self._fill(batch)
                await self._client.commit_transaction()
        except BaseException as error:
            if not isinstance(error, ProducerFenced):
                await closed(self._client.abort_transaction(), "transaction", ABORT_S)
            raise _ours(error, batch[0].topic) from error

    async def _fill(self, batch: Sequence[Outgoing]) -> None:
        sent = []
        for outgoing in batch:
            partition = await partition_of(self._client, *_lane(outgoing), self._bound)
            delivery = await self._client.send(
                outgoing.topic,
                value=outgoing.value,
                key=outgoing.key,
                partition=partition,
                headers=list(outgoing.headers),
            )
            # Only the first failure is waited for.
            delivery.add_done_callback(taken_note_of)
            sent.append(delivery)
        await asyncio.gather(*sent)

    async def _close(self) -> None:
        """Without its own flush: what is still held belongs to a transaction that has failed."""
        client = self._client
        client._closed = True  # noqa: SLF001 - says that it was not forgotten
        held = client._message_accumulator._batches  # noqa: SLF001 - no public way drops them
        for batch in (each for lane in held.values() for each in lane):
            batch._drain_waiter.add_done_callback(taken_note_of)  # noqa: SLF001 - nobody else waits
        held.clear()
        await closed(client._sender.close(), "producer", 2.0)  # noqa: SLF001 - nor ends only this
        await closed(client.client.close(), "producer", 2.0)
        ended = client._txn_manager.wait_for_transaction_end()  # noqa: SLF001 - as above
        if ended is not None and ended.done() and not ended.cancelled():
            ended.exception()  # heard, so that nobody is told that it was not


def _lane(outgoing: Outgoing) -> tuple[str, int]:
    return outgoing.topic, outgoing.lane


def _ours(error: BaseException, topic: str) -> BaseException:
    fenced = isinstance(error, ProducerFenced) or isinstance(error.__cause__, ProducerFenced)
    if fenced:
        return Superseded("another writer of the same transactional id has begun")
    if isinstance(error, KafkaError) and isinstance(error, REFUSALS):
        return refusal(topic, error)
    return error
