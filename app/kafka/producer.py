"""Writing records: idempotent, acknowledged by all replicas, batched per partition."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from app.kafka.answer import REFUSALS, PublishError, Written, refusal
from app.kafka.attempt import Attempt, partition_of, put_away
from app.kafka.bounded import bounded, closed
from app.kafka.metadata import RETRY_BACKOFF_MS, steady

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from app.domain.record import Outgoing
    from app.kafka.config import KafkaConfig

log = logging.getLogger(__name__)

_Lane = tuple[str, int]  # topic, and what picks the partition

BATCH_BYTES = 256 * 1024
BACKOFF_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
LOOK_UP_S = 5.0  # how long a topic that is not known is looked for at a time
GATHER_S = (
    0.02  # what comes within it goes in one request, which costs the same for one as for many
)


@dataclass(frozen=True, slots=True)
class _Item:
    outgoing: Outgoing
    done: Callable[[Written | PublishError], None]


class Producer:
    """Keeps each record until the brokers acknowledged or refused it for good.

    `send` never waits; `pending` counts what is not yet answered, for its caller to bound. While
    Kafka or a topic is away it tries again with growing pauses and tells `on_trouble(reason)` each
    time; `on_trouble(None)` says that every lane can be written again.

    What is for the topics that are `gathered` waits for others for a moment.
    """

    def __init__(
        self,
        config: KafkaConfig,
        *,
        max_request_size: int = 1024 * 1024,
        gathered: Collection[str] = (),
        on_trouble: Callable[[str | None], None] | None = None,
    ) -> None:
        self._options = config.client_options() | {
            "acks": "all",
            "enable_idempotence": True,
            "max_batch_size": BATCH_BYTES,
            "max_request_size": max_request_size,
            "linger_ms": 0,
            "retry_backoff_ms": RETRY_BACKOFF_MS,
        }
        self._config = config
        self._bound = config.request_timeout_s
        self._gathered = frozenset(gathered)
        self._on_trouble = on_trouble or (lambda _reason: None)
        self._client: Any = None
        self._lanes: dict[_Lane, deque[_Item]] = {}
        self._pumps: dict[_Lane, asyncio.Task[None]] = {}
        self._using = 0  # pumps between taking the client and having their answer
        self._unused = asyncio.Event()
        self._unused.set()
        self._gathering: asyncio.Event | None = None
        self._replacing = asyncio.Lock()
        self._troubled: set[_Lane] = set()
        self.pending = 0

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

    async def _pump(self, lane: _Lane) -> None:
        """Write one lane's records in order, a batch at a time, until it is empty."""
        queue = self._lanes[lane]
        tries = 0
        suspects = 0  # of a batch that was refused: each is tried alone, to find the one meant
        full = False
        while queue:
            if lane[0] in self._gathered and not (full or suspects or tries):
                await self._gather()
            limit = 1 if suspects else len(queue)
            outcome, tried = await self._try(lane, queue, limit)
            if outcome is None:
                await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                tries += 1
                continue
            tries = 0
            full = tried < limit
            self._over(lane)
            if isinstance(outcome, PublishError):
                if tried > 1 and not outcome.topic_wide:
                    suspects = tried
                    continue
                self._finish(queue, [outcome] * tried)
            else:
                partition, base = outcome
                self._finish(queue, [Written(lane[0], partition, base + n) for n in range(tried)])
            suspects = max(0, suspects - tried)
        del self._lanes[lane], self._pumps[lane]

    async def _gather(self) -> None:
        """Let more records come, those of the other lanes too: all then go at one time."""
        if self._gathering is None:
            self._gathering = asyncio.Event()
            asyncio.get_running_loop().call_later(GATHER_S, self._go, self._gathering)
        await self._gathering.wait()

    def _go(self, gathered: asyncio.Event) -> None:
        self._gathering = None
        gathered.set()

    async def _try(
        self, lane: _Lane, queue: deque[_Item], limit: int
    ) -> tuple[tuple[int, int] | PublishError | None, int]:
        """One attempt at the first records, at most `limit`; with how many of them it was made.

        Partition and first offset, or the refusal; None when it has to be made again.
        """
        client = self._client
        outcome: tuple[int, int] | PublishError | None = None
        attempt: Attempt | None = None
        tried = limit
        try:
            # Not yet a use of the client: others may replace it while a topic is looked for.
            partition = await partition_of(client, *lane, min(LOOK_UP_S, self._bound))
            async with self._replacing:
                if client is not self._client:
                    return None, 0
            batch, tried = self._fill(client, queue, limit)
            attempt = Attempt(client, lane[0], partition, batch)
            return await self._write(attempt), tried
        except REFUSALS as error:
            outcome = refusal(lane[0], error)
        except (KafkaError, OSError, TimeoutError) as error:
            self._trouble(lane, error)
        except Exception as error:
            # A fault of ours. The lane goes on without the record that shows it.
            log.exception("a record for %s cannot be written", lane[0])
            outcome = PublishError(lane[0], type(error).__name__, too_large=False)
        if attempt is None:
            return outcome, tried  # nothing was sent: the client is as good as before
        await self._replace(client, lane)
        return outcome or attempt.answer(), tried

    @staticmethod
    def _fill(client: Any, queue: deque[_Item], limit: int) -> tuple[Any, int]:
        """A batch of the first records, and how many found room in it."""
        batch = client.create_batch()
        filled = 0
        for item in queue:
            if filled == limit:
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
            filled += 1
        batch.close()
        return batch, filled

    async def _write(self, attempt: Attempt) -> tuple[int, int]:
        seconds = self._bound * 2 + 5
        self._using += 1
        self._unused.clear()
        try:
            # The acknowledgement has the client's own time-out, after which it gives up for good;
            # ours is only for the case that it does not.
            return await bounded(attempt.run(), seconds)
        except TimeoutError as error:
            raise TimeoutError(f"no acknowledgement within {seconds:g} s") from error
        finally:
            self._using -= 1
            if not self._using:
                self._unused.set()

    def _finish(self, queue: deque[_Item], answers: Sequence[Written | PublishError]) -> None:
        for outcome in answers:
            item = queue.popleft()
            self.pending -= 1
            try:
                item.done(outcome)
            except Exception:
                log.exception("a publish callback failed")

    def _trouble(self, lane: _Lane, error: Exception) -> None:
        self._troubled.add(lane)
        self._on_trouble(f"{lane[0]}: {str(error) or type(error).__name__}")

    def _over(self, lane: _Lane) -> None:
        """The lane's trouble has ended; that of the last one is told."""
        if lane in self._troubled:
            self._troubled.remove(lane)
            if not self._troubled:
                self._on_trouble(None)

    async def _replace(self, client: Any, lane: _Lane) -> None:
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
                    self._trouble(lane, error)
                    await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)])
                    tries += 1
                else:
                    return

    async def _connect(self) -> Any:
        client = AIOKafkaProducer(**self._options)
        steady(client.client, self._config)
        try:
            await bounded(client.start(), self._bound)
        except BaseException:
            await closed(client.stop(), "producer", 1.0)
            raise
        return client
