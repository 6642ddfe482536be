"""A group member that fetches only what it is asked for and commits only what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import (
    CommitFailedError,
    IllegalStateError,
    KafkaError,
    OffsetOutOfRangeError,
)
from aiokafka.structs import OffsetAndMetadata

from app.domain.errors import Fatal, MailerError
from app.domain.record import Partition
from app.kafka import coordination, lenient_records, paced_fetches
from app.kafka.bounded import bounded, closed
from app.kafka.coordination import InstanceFenced
from app.kafka.logs import LogFacts, record_of
from app.kafka.metadata import RETRY_BACKOFF_MS, steady
from app.kafka.rights import NOT_GRANTED, told

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.record import Record
    from app.kafka.config import KafkaConfig

coordination.install()
lenient_records.install()
paced_fetches.install()

# The client's own poll limit locks a member out for good once it was exceeded; the service has a
# watchdog of its own, so the client's is set to the largest value the protocol takes.
MAX_POLL_INTERVAL_MS = 2**31 - 1
# How long partitions that were added, or a topic that came back, stay unread: a small request.
METADATA_MAX_AGE_MS = 10_000
# A drain ends so long before the group gives the member up.
JOIN_MARGIN_S = 5.0


class OffsetsOutOfRange(MailerError):
    """The positions of these partitions lie outside their logs."""

    def __init__(self, partitions: frozenset[Partition]) -> None:
        super().__init__(f"position outside the log of {sorted(partitions)}")
        self.partitions = partitions


class CommitRefused(MailerError):
    """The group has moved on; the partitions may belong to another member now."""


class Commit(NamedTuple):
    offset: int
    metadata: str


class Assignment(Protocol):
    """Told of rebalances, from a task of the client's, while polls may be under way."""

    async def revoked(self) -> None:
        """Every partition is about to go; the group waits for the return."""
        ...

    def assigned(self, partitions: frozenset[Partition]) -> None: ...


@dataclass(frozen=True, slots=True)
class GroupTimes:
    """Seconds; `rebalance_s` bounds how long the group waits for a member's drain."""

    session_s: float = 10.0
    heartbeat_s: float = 3.0
    rebalance_s: float = 30.0


class Consumer(LogFacts):
    """Reads committed records of some topics as a member of a group."""

    def __init__(
        self,
        config: KafkaConfig,
        group: str,
        *,
        times: GroupTimes,
        instance_id: str | None = None,
        max_partition_fetch_bytes: int = 1024 * 1024,
    ) -> None:
        self.group = group
        self.times = times
        self._bound = config.request_timeout_s
        self._in_group = False
        # The answer to joining comes when the slowest member has drained. Cut before, the client
        # would ask anew, and the group begin anew with it.
        answer_s = max(config.request_timeout_s, times.rebalance_s - JOIN_MARGIN_S)
        options = config.client_options() | {"request_timeout_ms": round(answer_s * 1000)}
        self._client: Any = AIOKafkaConsumer(
            **options,
            group_id=group,
            group_instance_id=instance_id,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_poll_interval_ms=MAX_POLL_INTERVAL_MS,
            session_timeout_ms=round(times.session_s * 1000),
            heartbeat_interval_ms=round(times.heartbeat_s * 1000),
            rebalance_timeout_ms=round(times.rebalance_s * 1000),
            max_partition_fetch_bytes=max_partition_fetch_bytes,
            metadata_max_age_ms=METADATA_MAX_AGE_MS,
            retry_backoff_ms=RETRY_BACKOFF_MS,
        )
        steady(self._client._client, config)  # noqa: SLF001 - the part that knows the brokers

    async def start(self, topics: Sequence[str], assignment: Assignment) -> None:
        """Join the group; partitions arrive through `assignment`.

        Raises OSError, and `Fatal` when the group does not take us.
        """
        self._in_group = True
        self._client.subscribe(list(topics), listener=_Listener(assignment))
        try:
            await bounded(self._client.start(), None)
        except InstanceFenced as error:
            raise self._replaced(error) from None
        except KafkaError as error:
            raise Fatal(f"group {self.group} cannot be joined: {told(error)}") from error

    async def start_alone(self, partitions: Iterable[Partition]) -> None:
        """Take partitions without joining; commits are refused while the group has members."""
        self._client.assign([TopicPartition(*partition) for partition in partitions])
        await bounded(self._client.start(), self._bound)

    async def stop(self, seconds: float = 5.0) -> None:
        """Leave the group. Nobody is told: drain and commit before."""
        await closed(self._client.stop(), "consumer", seconds)

    def check(self) -> None:
        """Raise what keeps us out of the group: the client tries again only once it was asked.

        Raises `KafkaError`, and `Fatal` when a task of the client's has ended for good, or another
        process has taken this one's place.
        """
        coordinator = self._client._coordinator  # noqa: SLF001 - polls ask it, but not at all times
        joining = coordinator._coordination_task  # noqa: SLF001 - nobody asks after these two
        fetching = self._client._fetcher.error_future  # noqa: SLF001
        for task in (joining, fetching):
            if task.done():
                raise Fatal(f"the Kafka client of group {self.group} has ended: {_reason(task)}")
        try:
            coordinator.check_errors()
        except InstanceFenced as error:
            raise self._replaced(error) from None
        except NOT_GRANTED as error:
            raise told(error) from error

    def _replaced(self, error: InstanceFenced) -> Fatal:
        return Fatal(
            f"another process has joined group {self.group} as KAFKA_INSTANCE_ID={error.args[0]} "
            "and goes on in this one's place; each process needs an id of its own"
        )

    async def poll(
        self, partitions: Iterable[Partition], *, room: int, timeout_s: float
    ) -> dict[Partition, list[Record]]:
        """At most `room` records of just these partitions (at least one of each).

        During a rebalance it waits for the new assignment; partitions that went away meanwhile
        give nothing. Raises `OffsetsOutOfRange`, and `KafkaError` or OSError for other trouble.
        """
        asked = [TopicPartition(*partition) for partition in partitions]
        try:
            # Cutting it from outside would harm the client: it has its own time-out.
            batch = await bounded(
                self._client.getmany(*asked, timeout_ms=round(timeout_s * 1000), max_records=room),
                None,
            )
        except OffsetOutOfRangeError as error:
            raise OffsetsOutOfRange(_partitions_of(error)) from error
        except IllegalStateError:
            return {}
        except NOT_GRANTED as error:
            raise told(error) from error
        return {
            Partition(tp.topic, tp.partition): [record_of(message) for message in messages]
            for tp, messages in batch.items()
        }

    def seek(self, partition: Partition, offset: int) -> None:
        self._client.seek(TopicPartition(*partition), offset)

    async def position(self, partition: Partition) -> int | None:
        """The next offset it will hand out of a partition that was sought; None once it is gone.

        After a poll it lies beyond the control records and the gaps of compaction.
        """
        try:
            position: int = await bounded(
                self._client.position(TopicPartition(*partition)), self._bound
            )
        except IllegalStateError:
            return None
        return position

    def log_end(self, partition: Partition) -> int | None:
        """The offset after the log's last stable record, as of the last fetch; None before it."""
        try:
            end: int | None = self._client.last_stable_offset(TopicPartition(*partition))
        except (IllegalStateError, AssertionError):
            return None
        return None if end is None or end < 0 else end

    async def commit(self, commits: Mapping[Partition, Commit], timeout_s: float) -> None:
        """One OffsetCommit. Raises `CommitRefused`, `KafkaError` or TimeoutError."""
        if self._in_group and self._client._coordinator.generation < 0:  # noqa: SLF001 - see below
            # Thrown out of a group that is empty by now, the client would commit without a
            # generation, and the broker take it: over what other members wrote meanwhile.
            raise CommitRefused("not a member of the group at present")
        offsets = {
            TopicPartition(*partition): OffsetAndMetadata(commit.offset, commit.metadata)
            for partition, commit in commits.items()
        }
        try:
            await bounded(self._client.commit(offsets), timeout_s)
        except (CommitFailedError, IllegalStateError) as error:
            raise CommitRefused(str(error)) from error
        except NOT_GRANTED as error:
            raise told(error) from error


async def written_ends(
    config: KafkaConfig, partitions: Iterable[Partition]
) -> dict[Partition, int]:
    """The offset after each log's last record, those of open transactions included."""
    asked = [TopicPartition(*partition) for partition in partitions]
    client = AIOKafkaConsumer(**config.client_options(), isolation_level="read_uncommitted")
    try:
        await bounded(client.start(), config.request_timeout_s)
        ends = await bounded(client.end_offsets(asked), config.request_timeout_s)
    finally:
        await closed(client.stop(), "consumer", 2.0)
    return {Partition(tp.topic, tp.partition): end for tp, end in ends.items()}


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # the library is untyped
    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        if revoked:
            await self._assignment.revoked()

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        self._assignment.assigned(frozenset(Partition(tp.topic, tp.partition) for tp in assigned))


def _reason(task: asyncio.Future[object]) -> str:
    return "cancelled" if task.cancelled() else repr(task.exception())


def _partitions_of(error: OffsetOutOfRangeError) -> frozenset[Partition]:
    positions = error.args[0]
    return frozenset(Partition(tp.topic, tp.partition) for tp in positions)


__all__ = [
    "Assignment",
    "Commit",
    "CommitRefused",
    "Consumer",
    "GroupTimes",
    "KafkaError",
    "OffsetsOutOfRange",
    "written_ends",
]
