"""Putting messages into the queue: check each, write them in batches, tell where each landed."""

from __future__ import annotations

import asyncio
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from app.bootstrap.configs import decoder_config
from app.cli.reaching import reached
from app.domain.clock import epoch_ms
from app.domain.errors import Fatal, InvalidMessage
from app.domain.record import Outgoing, Record
from app.intake.decode import Decoder
from app.kafka import Admin, Producer, PublishError, TopicSpec, persistent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.cli.json_lines import Draft
    from app.domain.message import Message
    from app.kafka import Written
    from app.settings import Settings

_BATCH: Final = 500
_HEADROOM: Final = 64 * 1024
_DEFAULT_MAX_MESSAGE: Final = 1_048_588
_APPEAR_S: Final = 10.0
_BROKERS_DEFAULT: Final = -1


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that was not written; `field` names what is wrong in it, "" when Kafka refused."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Landed:
    """A message that was written, and its id when it has one of its own."""

    line: int
    id: str | None
    where: Written


class Report(Protocol):
    """Hears of every message."""

    def landed(self, landed: Landed) -> None: ...

    def refused(self, refusal: Refusal) -> None: ...

    def read(self, total: int) -> None:
        """So many bytes of the input are dealt with."""
        ...

    def trouble(self, reason: str | None) -> None:
        """What keeps messages from being written; None when it works again."""
        ...


class _Checked(NamedTuple):
    line: int
    id: str | None
    outgoing: Outgoing


def check_draft(draft: Draft, settings: Settings) -> None:
    """As the service would; raises `InvalidMessage`."""
    _decoded(Decoder(decoder_config(settings)), settings.kafka_topic, draft)


def _decoded(decoder: Decoder, topic: str, draft: Draft) -> Message:
    record = Record(topic, 0, max(0, draft.line - 1), epoch_ms(), None, draft.value, ())
    return decoder.decode(record).message


class Poster:
    """Writes drafts to the queue; with `stop_on_error` nothing after the first bad one."""

    def __init__(self, settings: Settings, report: Report, *, stop_on_error: bool) -> None:
        self._settings = settings
        self._report = report
        self._stop_on_error = stop_on_error
        self._decoder = Decoder(decoder_config(settings))
        self._partitions = 1
        self._refused = False

    async def post(self, drafts: AsyncIterator[tuple[Sequence[Draft], int]]) -> None:
        """Write them as they come, each with the bytes read so far.

        `ServerUnreachable` when Kafka does not answer in time, `Fatal` when there is no topic.
        What was told as landed is written whatever happens after.
        """
        in_doubt = "what was not told as landed may or may not be in the queue"
        async with reached(self._settings, in_doubt=in_doubt) as config:
            async with Admin(config) as admin:
                self._partitions = await self._topic(admin)
                facts = await admin.config(self._settings.kafka_topic)
            largest = int(facts.get("max.message.bytes") or _DEFAULT_MAX_MESSAGE) + _HEADROOM
            async with Producer(
                config, max_request_size=largest, on_trouble=self._report.trouble
            ) as producer:
                async for some, total in drafts:
                    for start in range(0, len(some), _BATCH):
                        await self._write(producer, self._checked(some[start : start + _BATCH]))
                        if self._refused and self._stop_on_error:
                            return
                    self._report.read(total)

    async def _topic(self, admin: Admin) -> int:
        """The queue's partition count; a missing queue is created, as the service would."""
        topic = self._settings.kafka_topic

        async def look() -> int:
            found = await admin.topics([topic])
            if topic not in found:
                raise TimeoutError(f"topic {topic} was created and has not appeared")
            return found[topic].partitions

        found = await admin.topics([topic])
        if topic in found:
            return found[topic].partitions
        if not self._settings.kafka_create_topics:
            raise Fatal(f"topic {topic} does not exist, and KAFKA_CREATE_TOPICS is false")
        await admin.create([TopicSpec(topic, _BROKERS_DEFAULT)])
        return await persistent(look, _APPEAR_S)

    def _checked(self, drafts: Sequence[Draft]) -> list[_Checked]:
        checked = []
        for draft in drafts:
            try:
                checked.append(self._check(draft))
            except InvalidMessage as error:
                self._refuse(Refusal(draft.line, error.field, error.reason))
                if self._stop_on_error:
                    break
        return checked

    def _check(self, draft: Draft) -> _Checked:
        topic = self._settings.kafka_topic
        message = _decoded(self._decoder, topic, draft)
        key = (message.id if message.id_given else message.recipients[0].spec).encode()
        lane = zlib.crc32(key) % self._partitions
        outgoing = Outgoing(topic, lane, key, draft.value)
        return _Checked(draft.line, message.id if message.id_given else None, outgoing)

    def _refuse(self, refusal: Refusal) -> None:
        self._refused = True
        self._report.refused(refusal)

    async def _write(self, producer: Producer, batch: Sequence[_Checked]) -> None:
        """Written or refused, each is told; Kafka has as long to answer as it has at start."""
        async with asyncio.timeout(self._settings.kafka_start_timeout):
            answers = await producer.publish([each.outgoing for each in batch])
        for each, answer in zip(batch, answers, strict=True):
            if isinstance(answer, PublishError):
                self._refuse(Refusal(each.line, "", str(answer)))
            else:
                self._report.landed(Landed(each.line, each.id, answer))
