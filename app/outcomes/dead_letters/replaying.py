"""Sending dead letters to a queue again, each once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from app.domain.errors import Fatal
from app.domain.record import Record
from app.flow import TokenBucket
from app.kafka import Superseded, TopicSpec, Transactions
from app.outcomes.dead_letters.letters import NoSuchLetter
from app.outcomes.dead_letters.marks import mark, state_topic
from app.outcomes.dead_letters.revival import revived
from app.outcomes.dead_letters.selection import EVERYTHING, Selection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from app.domain.clock import WallClock
    from app.domain.record import Outgoing
    from app.kafka import KafkaConfig
    from app.outcomes.dead_letters.letter import DeadLetter, Place
    from app.outcomes.dead_letters.letters import Letters
    from app.outcomes.dead_letters.marks import Marks

BATCH = 100
BATCH_BYTES = 4 * 1024 * 1024
# A slow replay goes in steps of this length.
STEP_S = 0.25


def transactional_id(dead_letters: str) -> str:
    """Fixed, so that of several replays of a topic only the last one can write."""
    return f"{dead_letters}-replay"


class Fate(StrEnum):
    """What became of a letter."""

    REPLAYED = "replayed"
    WOULD = "would be replayed"
    ALREADY = "replayed before"
    FAILED = "failed"


class Handled(NamedTuple):
    """`note`: why it failed, or what is going to become of it."""

    place: Place
    letter: DeadLetter | None
    fate: Fate
    note: str = ""


class Listener(Protocol):
    """Hears how a replay goes on."""

    def handled(self, handled: Handled) -> None:
        """That letter is done with; what was replayed is committed."""
        ...

    def looked(self, done: int, total: int) -> None:
        """So many of the offsets were looked at."""
        ...


@dataclass(frozen=True, slots=True)
class Order:
    """Which letters go `to` what topic: those `places`, else all that the selection matches.

    `again`: also those that were replayed before. `rate`: letters a second at most.
    """

    to: str
    places: tuple[Place, ...] = ()
    selection: Selection = EVERYTHING
    again: bool = False
    rate: float | None = None


class _Ready(NamedTuple):
    letter: DeadLetter
    outgoing: Outgoing


async def foresee(
    letters: Letters,
    order: Order,
    listener: Listener,
    outlook: Callable[[Record], str | None],
    *,
    clock: WallClock,
) -> None:
    """Tell what `replay` would do, and change nothing; `outlook` says what would come of each."""
    await _require(letters, order.to)
    marks = await letters.marks()
    async for some in _meant(letters, order, listener):
        for letter in some:
            ready = await _prepared(letters, letter, order, marks)
            if isinstance(ready, Handled):
                listener.handled(ready)
                continue
            as_read = _as_read(ready.outgoing, clock())
            note = outlook(as_read) or ""
            listener.handled(Handled(letter.place, letter, Fate.WOULD, note))


async def replay(
    letters: Letters,
    order: Order,
    listener: Listener,
    config: KafkaConfig,
    *,
    create_topics: bool,
    clock: WallClock,
) -> None:
    """Write letters and marks together, in transactions of at most 100 letters.

    When cancelled, the transaction under way is ended first. `Fatal` when another replay of the
    same topic takes over, or a topic is missing.
    """
    largest = await _require(letters, order.to)
    await _provide_state(letters, create=create_topics)
    name = transactional_id(letters.topic)
    async with Transactions(config, name, max_request_size=largest) as transactions:
        # Only now: before, a replay that was interrupted may still have had marks under way.
        marks = await letters.marks()
        run = _Run(letters, order, listener, transactions, clock)
        async for some in _meant(letters, order, listener):
            for letter in some:
                ready = await _prepared(letters, letter, order, marks)
                if isinstance(ready, Handled):
                    listener.handled(ready)
                elif not transactions.fits(ready.outgoing):
                    note = f"larger than {order.to} takes ({largest} bytes)"
                    listener.handled(Handled(letter.place, letter, Fate.FAILED, note))
                else:
                    await run.add(ready)
        await run.flush()


class _Run:
    """Gathers letters and writes them, no faster than is asked for."""

    def __init__(
        self,
        letters: Letters,
        order: Order,
        listener: Listener,
        transactions: Transactions,
        clock: WallClock,
    ) -> None:
        self._state = state_topic(letters.topic)
        self._topic = letters.topic
        self._order = order
        self._listener = listener
        self._transactions = transactions
        self._clock = clock
        self._most = BATCH
        self._bucket: TokenBucket | None = None
        if order.rate is not None:
            self._most = max(1, min(BATCH, int(order.rate * STEP_S)))
            self._bucket = TokenBucket(order.rate, burst=self._most)
        self._batch: list[_Ready] = []
        self._size = 0

    async def add(self, ready: _Ready) -> None:
        self._batch.append(ready)
        self._size += len(ready.outgoing.value or b"")
        if len(self._batch) >= self._most or self._size >= BATCH_BYTES:
            await self.flush()

    async def flush(self) -> None:
        batch, self._batch, self._size = self._batch, [], 0
        if not batch:
            return
        if self._bucket is not None:
            await asyncio.sleep(self._bucket.take(len(batch)))
        writing = asyncio.create_task(self._write(batch))
        try:
            await asyncio.shield(writing)
        except asyncio.CancelledError:
            # It is short; afterwards it is known what went.
            await asyncio.wait([writing])
            if not writing.cancelled() and writing.exception() is None:
                self._tell(batch)
            raise
        self._tell(batch)

    async def _write(self, batch: Sequence[_Ready]) -> None:
        now_ms = self._clock()
        outgoing = [each.outgoing for each in batch]
        outgoing += [
            mark(each.letter, self._state, to=self._order.to, now_ms=now_ms) for each in batch
        ]
        try:
            await self._transactions.write(outgoing)
        except Superseded:
            raise Fatal(
                f"another replay of {self._topic} has begun and goes on from here, or Kafka gave "
                "this one up as too slow; whatever it had not written yet it left alone"
            ) from None

    def _tell(self, batch: Sequence[_Ready]) -> None:
        for each in batch:
            self._listener.handled(Handled(each.letter.place, each.letter, Fate.REPLAYED))


async def _require(letters: Letters, topic: str) -> int:
    """The largest record that the queue takes; `Fatal` when there is no such topic."""
    if not await letters.partitions_of(topic):
        raise Fatal(f"topic {topic}, which is to be replayed to, does not exist")
    if topic in {letters.topic, state_topic(letters.topic)}:
        raise Fatal(f"cannot replay to {topic}: it holds what is replayed")
    facts = await letters.admin.config(topic)
    return int(facts.get("max.message.bytes") or 1_048_588)


async def _provide_state(letters: Letters, *, create: bool) -> None:
    state = state_topic(letters.topic)
    if await letters.partitions_of(state):
        return
    if not create:
        raise Fatal(f"topic {state} does not exist, and KAFKA_CREATE_TOPICS is false")
    info = (await letters.admin.topics([letters.topic]))[letters.topic]
    spec = TopicSpec(state, info.partitions, info.replication, {"cleanup.policy": "compact"})
    await letters.admin.create([spec])


async def _meant(
    letters: Letters, order: Order, listener: Listener
) -> AsyncIterator[list[DeadLetter]]:
    if not order.places:
        async for some in letters.scan(order.selection, listener.looked):
            yield some
        return
    for number, place in enumerate(dict.fromkeys(order.places)):
        try:
            yield [await letters.at(place)]
        except NoSuchLetter as error:
            listener.handled(Handled(place, None, Fate.FAILED, str(error)))
        listener.looked(number + 1, len(order.places))


async def _prepared(
    letters: Letters, letter: DeadLetter, order: Order, marks: Marks
) -> _Ready | Handled:
    earlier = None if order.again else marks.of(letter)
    if earlier is not None:
        note = f"to {earlier.to}" if earlier.to else ""
        return Handled(letter.place, letter, Fate.ALREADY, note)
    value = await letters.value_of(letter)
    if value is None:
        return Handled(letter.place, letter, Fate.FAILED, _why_no_value(letter))
    return _Ready(letter, revived(letter, order.to, value))


def _why_no_value(letter: DeadLetter) -> str:
    if letter.origin is None:
        return "it has no value, and no mail-origin that says where it came from"
    return f"it has no value, and its origin {letter.origin} has none any more"


def _as_read(outgoing: Outgoing, now_ms: int) -> Record:
    """As the service would get it; the place is not known before it is written."""
    return Record(outgoing.topic, 0, 0, now_ms, outgoing.key, outgoing.value, outgoing.headers)
