"""What a group's checkpoints say, looked at from outside; the group does not notice."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from app.intake import checkpoint
from app.intake.ledger import CommitPolicy
from app.kafka import Admin, LogReader, persistent

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from app.domain.record import Partition
    from app.kafka import Committed, KafkaConfig

_ANSWER_S: Final = 30.0
_FETCH_BYTES: Final = 64 * 1024
_GAP: Final = 500  # beyond so many records between two wanted ones a seek is cheaper


class Writer(StrEnum):
    """Whose a commit is; `unreadable` are ours that are damaged or of another release."""

    NONE = "none"
    OURS = "ours"
    FOREIGN = "foreign"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Inspected:
    """One partition. `committed` and `position` are None where nothing is committed.

    `characters`: the length of the metadata. `policy`: which one wrote it, None where both would
    have written the same. `first` and `end`: the log's bounds. `ages_ms`: of those unsettled
    offsets that were asked for and are still in the log.
    """

    partition: Partition
    writer: Writer
    first: int
    end: int
    committed: int | None = None
    position: int | None = None
    unsettled: tuple[int, ...] = ()
    characters: int = 0
    policy: CommitPolicy | None = None
    trouble: str | None = None
    ages_ms: Mapping[int, int] = field(default_factory=dict)

    @property
    def lag(self) -> int:
        """Records that nobody has taken up yet; control records count as well."""
        return max(0, self.end - max(self.first, self.position or 0))

    @property
    def gone(self) -> int:
        """Unsettled offsets that the log does not hold any more."""
        return sum(not self.first <= offset < self.end for offset in self.unsettled)


def inspect(partition: Partition, committed: Committed, first: int, end: int) -> Inspected:
    """Read one partition's commit; never raises for what it holds."""
    if committed.offset < 0:
        return Inspected(partition, Writer.NONE, first, end)
    trouble = None
    try:
        found = checkpoint.decode(committed.metadata, committed.offset)
        writer = Writer.OURS if found else Writer.FOREIGN
    except checkpoint.UnreadableCheckpoint as error:
        found, writer, trouble = None, Writer.UNREADABLE, str(error)
    found = found or checkpoint.Checkpoint(committed.offset)
    return Inspected(
        partition,
        writer,
        first,
        end,
        committed=committed.offset,
        position=found.position,
        unsettled=found.unsettled,
        characters=len(committed.metadata),
        policy=_policy(committed.offset, found),
        trouble=trouble,
    )


async def inspect_group(
    config: KafkaConfig,
    group: str,
    partitions: Sequence[Partition],
    *,
    now_ms: int,
    ages: int | None,
) -> list[Inspected]:
    """Each partition's checkpoint, with the ages of its `ages` lowest unsettled, all when None.

    Asks the coordinator and reads those records; joins nothing, commits nothing. Raises
    `KafkaError`, OSError or TimeoutError while Kafka is away.
    """
    if not partitions:
        return []
    async with Admin(config) as admin:
        committed = await persistent(lambda: admin.committed(group, partitions), _ANSWER_S)
    async with LogReader(config, fetch_bytes=_FETCH_BYTES) as reader:
        bounds = await reader.bounds(partitions)
        shown = [inspect(part, committed[part], *bounds[part]) for part in partitions]
        return [await _aged(reader, one, now_ms, ages) for one in shown]


def runs(offsets: Iterable[int], gap: int = 1) -> list[tuple[int, int]]:
    """First and last of each stretch of ascending offsets at most `gap` apart."""
    ordered = list(offsets)
    if not ordered:
        return []
    breaks = [(low, high) for low, high in pairwise(ordered) if high - low > gap]
    firsts = [ordered[0], *(high for _, high in breaks)]
    lasts = [*(low for low, _ in breaks), ordered[-1]]
    return list(zip(firsts, lasts, strict=True))


def _policy(committed: int, found: checkpoint.Checkpoint) -> CommitPolicy | None:
    if not found.unsettled:
        return None
    return CommitPolicy.SUBMITTED if committed == found.position else CommitPolicy.SETTLED


async def _aged(reader: LogReader, one: Inspected, now_ms: int, most: int | None) -> Inspected:
    wanted = [offset for offset in one.unsettled if one.first <= offset < one.end][:most]
    ages: dict[int, int] = {}
    left = frozenset(wanted)
    for low, high in runs(wanted, _GAP):
        reader.begin({one.partition: low})
        async for records in reader.until({one.partition: high + 1}):
            ages |= {
                record.offset: max(0, now_ms - record.timestamp_ms)
                for record in records
                if record.offset in left
            }
    return replace(one, ages_ms=ages)
