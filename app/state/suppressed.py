"""The addresses that no mail may go to, as this process knows them now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.domain.clock import WallClock

_FOREVER: Final = (1 << 43) - 1
"""In the year 2248: a later time would take more memory."""
_HERE: Final = 0xFFFF
"""In place of the partition, which has these bits: known here, not seen in the log yet."""

_MANUAL: Final = 0x10000
_UNTIL: Final = 17  # the bits below the time


class Suppressed:
    """Digests, with what is needed to tell whether each counts: compact, for there may be many.

    `put` and `remove` follow the log. Where partitions were added to the topic, one address may
    have entries in two of them; each is replaced and removed by its own partition only, and of two
    the stronger counts: the one made by hand, then the one that lasts longer.
    """

    def __init__(self, clock: WallClock) -> None:
        self._clock = clock
        # One number for each, as `_packed` makes it, for any object would take more memory.
        self._entries: dict[bytes, int] = {}
        # Of the few that have entries in several partitions, all of them by partition.
        self._several: dict[bytes, dict[int, int]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def holds(self, digest: bytes) -> bool:
        """Whether the address is suppressed now."""
        return self._counting(digest) is not None

    def is_manual(self, digest: bytes) -> bool:
        """Whether it is by an entry made by hand, which no bounce may replace."""
        entry = self._counting(digest)
        return entry is not None and bool(entry & _MANUAL)

    def bounced(self, digest: bytes, until_ms: int) -> None:
        """Known at once, while its record is on its way into the log."""
        if not self.holds(digest):
            self._entries[digest] = _packed(until_ms, manual=False, partition=_HERE)

    def put(self, partition: int, digest: bytes, until_ms: int | None, *, manual: bool) -> None:
        """The partition's newest entry for the digest is this."""
        entry = _packed(until_ms, manual=manual, partition=partition)
        self._replace(partition, digest, entry if entry >> _UNTIL > self._clock() else None)

    def remove(self, partition: int, digest: bytes) -> None:
        """The partition has no entry for the digest any more."""
        self._replace(partition, digest, None)

    def forget(self, partition: int) -> None:
        """The partition's log is gone, or has to be read anew."""
        gone = [digest for digest, entry in self._entries.items() if entry & _HERE == partition]
        gone += [digest for digest, entries in self._several.items() if partition in entries]
        for digest in gone:
            self._replace(partition, digest, None)

    def forget_expired(self) -> None:
        """Give back the memory of those that count no longer."""
        now = self._clock()
        for digest in [digest for digest, entry in self._entries.items() if entry >> _UNTIL <= now]:
            if self._counting(digest) is None:
                del self._entries[digest]
                self._several.pop(digest, None)

    def _counting(self, digest: bytes) -> int | None:
        """The entry that counts now, if any."""
        entry = self._entries.get(digest)
        if entry is None or entry >> _UNTIL > self._clock():
            return entry
        others = self._several.get(digest, {}).values()
        entry = max(others, key=self._strength, default=entry)
        return entry if entry >> _UNTIL > self._clock() else None

    def _replace(self, partition: int, digest: bytes, entry: int | None) -> None:
        before = self._entries.get(digest)
        entries = self._several.get(digest)
        if entries is None and before is not None and not _belongs(before, partition):
            entries = {before & _HERE: before}
        if entries is None:
            if entry is None:
                self._entries.pop(digest, None)
            else:
                self._entries[digest] = entry
            return
        entries.pop(partition, None)
        if entry is not None:
            entries[partition] = entry
        self._entries[digest] = max(entries.values(), key=self._strength)
        if len(entries) > 1:
            self._several[digest] = entries
        else:
            self._several.pop(digest, None)

    def _strength(self, entry: int) -> tuple[bool, int, int]:
        return entry >> _UNTIL > self._clock(), entry & _MANUAL, entry >> _UNTIL


def _packed(until_ms: int | None, *, manual: bool, partition: int) -> int:
    """From the highest bits to the lowest: until (epoch ms), whether by hand, partition."""
    until = _FOREVER if until_ms is None else max(0, min(until_ms, _FOREVER))
    return until << _UNTIL | manual * _MANUAL | min(partition, _HERE)


def _belongs(entry: int, partition: int) -> bool:
    """Whether what the partition's log says replaces it."""
    return entry & _HERE in {partition, _HERE}
