"""Topics and groups of a run's own, of which nothing stays."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from app.bootstrap.topic_plan import BROKERS_DEFAULT, wanted_topics
from app.cli.bench.order import PARTITIONS
from app.cli.terminal import warn
from app.domain.errors import MailerError
from app.kafka import Admin, KafkaError, TopicSpec, persistent
from app.outcomes import Routes, Schedule, Suppressing
from app.outcomes.decision import nothing_stands

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from app.kafka import KafkaConfig

PREFIX: Final = "kafka-mailer-bench-"
# What is deferred shall not come back while it is measured.
RETRY_DELAY: Final = "1d"
_RETRY_DELAY_S: Final = 86_400.0
_ANSWER_S: Final = 10.0
_REMOVAL_S: Final = 20.0


class Sizes(NamedTuple):
    """Partitions of the run's queue, and of the user's own; None where that is not there."""

    partitions: int
    own: int | None


@dataclass(frozen=True, slots=True)
class Scratch:
    """Names; `queue` is also the group's."""

    queue: str
    results: str | None
    suppressions: str | None

    @classmethod
    def new(cls, *, results: bool, suppressions: bool) -> Self:
        """With a topic for each that the settings want as well."""
        name = f"{PREFIX}{secrets.token_hex(4)}"
        return cls(
            name,
            f"{name}-results" if results else None,
            f"{name}-suppressions" if suppressions else None,
        )

    @property
    def dead_letters(self) -> str:
        return f"{self.queue}-dlq"

    @property
    def groups(self) -> tuple[str, str]:
        return self.queue, f"{self.queue}-retry"

    @property
    def topics(self) -> tuple[str, ...]:
        """All that the service makes of these names."""
        routes = Routes(
            schedule=Schedule(self.queue, (_RETRY_DELAY_S,)),
            dead_letters=self.dead_letters,
            results=self.results,
            suppressing=Suppressing(self.suppressions, _RETRY_DELAY_S, nothing_stands)
            if self.suppressions
            else None,
        )
        return tuple(each.name for each in wanted_topics(routes))


@asynccontextmanager
async def made(
    config: KafkaConfig, scratch: Scratch, like: str, partitions: int | None
) -> AsyncIterator[Sizes]:
    """The queue of a run while the context lasts, with as many partitions as `like` or as told.

    Afterwards every topic and group of the run is removed, whichever way it ended; what cannot be
    is named on standard error.
    """
    async with Admin(config) as admin:
        found = (await admin.topics([like])).get(like)
        has = found.partitions if found else None
        sizes = Sizes(partitions or has or PARTITIONS, has)
        try:
            await admin.create([TopicSpec(scratch.queue, sizes.partitions, BROKERS_DEFAULT)])
            await persistent(lambda: _appeared(admin, scratch.queue), _ANSWER_S)
        except BaseException:
            await _remove(config, scratch)
            raise
    try:
        yield sizes
    finally:
        await _remove(config, scratch)


async def _appeared(admin: Admin, topic: str) -> None:
    if topic not in await admin.topics([topic]):
        raise TimeoutError(f"topic {topic} was created and has not appeared")


async def _remove(config: KafkaConfig, scratch: Scratch) -> None:
    left: Sequence[str] = scratch.topics
    why: BaseException | str = ""
    try:
        async with asyncio.timeout(_REMOVAL_S), Admin(config) as admin:
            await persistent(lambda: admin.delete_topics(scratch.topics), _ANSWER_S)
            left = ()
            for group in scratch.groups:
                # Without its topics Kafka forgets it by and by, should it not be allowed to us.
                with contextlib.suppress(KafkaError):
                    await persistent(partial(admin.delete_group, group), _ANSWER_S)
    except (KafkaError, MailerError, OSError, TimeoutError) as error:
        why = str(error) or type(error).__name__
    if left:
        warn(f"topics were left behind, for {why}; delete {', '.join(left)}")
