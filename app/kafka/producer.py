"""Writing records: idempotent, acknowledged by all replicas, batched per partition."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import (
    InvalidTopicError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)

from app.domain.errors import MailerError
from app.kafka.attempt import Attempt, put_away
from app.kafka.bounded import bounded, closed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.record import Outgoing
    from app.kafka.config import KafkaConfig

log = logging.getLogger(__name__)

BATCH_BYTES = 256 * 1024
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
# What no repetition can change: the broker refuses this record, or us, for good.
REFUSALS = (
    InvalidTopicError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
)


class Written(NamedTuple):
    """Where a record landed."""

    topic: str
    partition: int
    offset: int


class PublishError(MailerError):
    """A record that the brokers refuse for good; `too_large` tells why in the one mendable case."""

    def __init__(self, topic: str, reason: str, *, too_large: bool) -> None:
        super().__init__(f"topic {topic} refuses the record: {reason}")
        self.topic = topic
        self.reason = reason
        self.too_large = too_large


@dataclass(frozen=True, slots=True)
class _Item:
    outgoing: Outgoing
    done: Callable[[Written | PublishError], None]


class Producer:
    """Keeps each record until the brokers acknowledged or refused it for good.

    `send` never waits; `pending` counts what is not yet answered, for its caller to bound. While
    Kafka is away it tries again with growing pauses and tells `on_trouble(reason)` each time;
    `on_trouble(None)` says that writing works again.
    """

    def __init__(
        self,
        config: KafkaConfig,
        *,
        max_request_size: int = 1024 * 1024,
        on_trouble: Callable[[str | None], None] | None = None,
    ) -> None:
        self._options = config.client_options() | {
            "acks": "all",
            "enable_idempotence": True,
            "max_batch_size": BATCH_BYTES,
            "max_request_size": max_request_size,
            "linger_ms": 0,
        }
        self._bound = config.request_timeout_s
        self._on_trouble = on_trouble or (lambda _reason: None)
        self._client: Any = None
        self._lanes: dict[tuple[str, int], deque[_Item]] = {}
        self._pumps: dict[tuple[str, int], asyncio.Task[None]] = {}
        self._using = 0  # pumps between taking the client and having their answer
        self._unused = asyncio.Event()
        self._unused.set()
        self._replacing = asyncio.Lock()
        self._in_trouble = False
        self.pending = 0
        self.pending_bytes = 0

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Connect; raises `KafkaError`, OSError or TimeoutError."""
        self._client = await self._connect()

    async def stop(self, seconds: float = 5.0) -> None:
        """Wait at most `seconds` for what is pending, then close; the rest stays unanswered."""
        pumps = list(self._pumps.values())
        if pumps:
            await asyncio.wait(pumps, timeout=seconds)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        if self._client is not None:
            await put_away(self._client, 2.0)

    def send(self, outgoing: Outgoing, done: Callable[[Written | PublishError], None]) -> None:
        """Queue a record; `done` is called once it is written or refused for good."""
        lane = (outgoing.topic, outgoing.lane)
        self.pending += 1
        self.pending_bytes += len(outgoing.value or b"")
        queue = self._lanes.get(lane)
        if queue is None:
            self._lanes[lane] = deque([_Item(outgoing, done)])
            self._pumps[lane] = asyncio.create_task(self._pump(lane), name=f"publish {lane}")
        else:
            queue.append(_Item(outgoing, done))

    async def publish(self, batch: Sequence[Outgoing]) -> list[Written | PublishError]:
        """Write all and wait for every answer, in the order given."""
        if not batch:
            return []
        answers: list[Written | PublishError | None] = [None] * len(batch)
        left = len(batch)
        finished = asyncio.get_running_loop().create_future()

        def answer(index: int, outcome: Written | PublishError) -> None:
            nonlocal left
            answers[index] = outcome
            left -= 1
            if not left and not finished.done():
                finished.set_result(None)

        for index, outgoing in enumerate(batch):
            self.send(outgoing, partial(answer, index))
        await finished
        return [outcome for outcome in answers if outcome is not None]

    async def _pump(self, lane: tuple[str, int]) -> None:
        """Write one lane's records in order, a batch at a time, until it is empty."""
        queue = self._lanes[lane]
        tries = 0
        alone = False  # after a refusal each record is tried by itself, to find the one meant
        while queue:
            async with self._replacing:
                client = self._client
            limit = 1 if alone else len(queue)
            items: list[_Item] = []
            attempt: Attempt | None = None
            written: tuple[int, int] | None = None
            try:
                batch, items = self._fill(client, queue, limit)
                attempt = Attempt(client, *lane, batch)
                written = await self._write(attempt)
            except REFUSALS as error:
                await self._replace(client)
                self._refused(queue, len(items), _refusal(lane[0], error))
                alone = True
                continue
            except (KafkaError, OSError, TimeoutError) as error:
                self._trouble(f"{lane[0]}: {str(error) or type(error).__name__}")
                await self._replace(client)
                written = attempt.answer() if attempt else None
            except Exception as error:
                # A fault of ours. The lane goes on without the record that shows it.
                log.exception("a record for %s cannot be written", lane[0])
                await self._replace(client)
                fault = PublishError(lane[0], type(error).__name__, too_large=False)
                self._refused(queue, limit, fault)
                alone = True
                continue
            if written is None:
                await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                tries += 1
                continue
            self._trouble(None)
            tries = 0
            alone = alone and len(queue) > len(items)
            self._finish_written(queue, lane[0], items, written)
        del self._lanes[lane], self._pumps[lane]

    @staticmethod
    def _fill(client: Any, queue: deque[_Item], limit: int) -> tuple[Any, list[_Item]]:
        batch = client.create_batch()
        items: list[_Item] = []
        for item in queue:
            if len(items) == limit:
                break
            outgoing = item.outgoing
            added = batch.append(
                timestamp=None,
                key=outgoing.key,
                value=outgoing.value,
                headers=list(outgoing.headers),
            )
            if added is None:
                break
            items.append(item)
        batch.close()
        return batch, items

    async def _write(self, attempt: Attempt) -> tuple[int, int]:
        self._using += 1
        self._unused.clear()
        try:
            # The acknowledgement has the client's own time-out, after which it gives up for good;
            # ours is only for the case that it does not.
            return await bounded(attempt.run(), self._bound * 2 + 5)
        finally:
            self._using -= 1
            if not self._using:
                self._unused.set()

    def _refused(self, queue: deque[_Item], tried: int, error: PublishError) -> None:
        """Of several that were tried at once it is not known which one is meant."""
        if tried == 1:
            self._finish(queue, [(queue[0], error)])

    def _finish_written(
        self, queue: deque[_Item], topic: str, items: list[_Item], written: tuple[int, int]
    ) -> None:
        partition, base = written
        self._finish(
            queue, [(item, Written(topic, partition, base + n)) for n, item in enumerate(items)]
        )

    def _finish(
        self, queue: deque[_Item], answers: list[tuple[_Item, Written | PublishError]]
    ) -> None:
        for item, outcome in answers:
            queue.popleft()
            self.pending -= 1
            self.pending_bytes -= len(item.outgoing.value or b"")
            try:
                item.done(outcome)
            except Exception:
                log.exception("a publish callback failed")

    def _trouble(self, reason: str | None) -> None:
        if reason is not None or self._in_trouble:
            self._in_trouble = reason is not None
            self._on_trouble(reason)

    async def _replace(self, client: Any) -> None:
        """Go on with a fresh client once nothing of the old one is under way.

        After a refused or expired batch the broker rejects every later one of the same producer
        and partition with OutOfOrderSequenceNumber; and a batch must not be written again while
        its first attempt may still be pending.
        """
        async with self._replacing:
            if self._client is not client:
                return
            await self._unused.wait()
            await put_away(client, self._bound)
            tries = 0
            while True:
                try:
                    self._client = await self._connect()
                except (KafkaError, OSError, TimeoutError) as error:
                    self._trouble(str(error) or type(error).__name__)
                    await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                    tries += 1
                else:
                    return

    async def _connect(self) -> Any:
        client = AIOKafkaProducer(**self._options)
        try:
            await bounded(client.start(), self._bound)
        except BaseException:
            await closed(client.stop(), "producer", 1.0)
            raise
        return client


def _refusal(topic: str, error: KafkaError) -> PublishError:
    too_large = isinstance(error, MessageSizeTooLargeError | RecordListTooLargeError)
    return PublishError(topic, str(error) or type(error).__name__, too_large=too_large)
