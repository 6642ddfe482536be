"""What Kafka hands us, and where it came from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from typing_extensions import override

from app.domain.lean import lean

Headers = tuple[tuple[str, bytes], ...]


class Partition(NamedTuple):
    """One partition of one topic."""

    topic: str
    number: int


class Origin(NamedTuple):
    """Where a message first stood; written `topic/partition/offset` (header `mail-origin`)."""

    topic: str
    partition: int
    offset: int

    @override
    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Origin:
        """Read the form that `str()` gives; `ValueError` on anything else."""
        topic, partition, offset = text.rsplit("/", 2)
        origin = cls(topic, int(partition), int(offset))
        if not topic or origin.partition < 0 or origin.offset < 0 or str(origin) != text:
            raise ValueError(f"not topic/partition/offset: {text[:80]!r}")
        return origin


@lean
@dataclass(frozen=True, slots=True)
class Record:
    """A Kafka record as it was read: bytes untouched, timestamp in epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: Headers

    @property
    def origin(self) -> Origin:
        return Origin(self.topic, self.partition, self.offset)

    @property
    def next_offset(self) -> int:
        """Where reading goes on after it."""
        return self.offset + 1

    @property
    def size(self) -> int:
        """Bytes of value and key."""
        return len(self.value or b"") + len(self.key or b"")


@lean
@dataclass(frozen=True, slots=True)
class Outgoing:
    """A record to be written; `lane` picks the partition (lane modulo the topic's count)."""

    topic: str
    lane: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
