"""Where to go on in a partition: a pure decision over what is committed and what the log holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.intake import checkpoint

if TYPE_CHECKING:
    from app.kafka import Committed


@dataclass(frozen=True, slots=True)
class Plan:
    """`position` and `unsettled` as the ledger shall begin; `notes` for the operator.

    `lost`: how many unsettled or unread offsets the log no longer holds, of them `gone` the
    unsettled. `truncated`: the log
    ends before the position, so the topic was re-created or cut; worth a second look before it
    is believed, as a broker that just took over may show an old end for a moment.
    """

    position: int
    unsettled: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    lost: int = 0
    gone: int = 0
    truncated: bool = False


def plan(committed: Committed, first: int, end: int, *, ignore_unreadable: bool = False) -> Plan:
    """`first` and `end`: the log's first offset and the one after its last.

    Raises `UnreadableCheckpoint` unless told to ignore it.
    """
    if committed.offset < 0:
        return Plan(first)
    notes: list[str] = []
    try:
        found = checkpoint.decode(committed.metadata, committed.offset)
    except checkpoint.UnreadableCheckpoint as error:
        if not ignore_unreadable:
            raise
        notes.append(f"{error}; ignored as asked, going on at offset {committed.offset}")
        found = checkpoint.Checkpoint(committed.offset)
    if found is None:
        notes.append(
            f"the committed offset {committed.offset} was set by another tool; going on there, "
            "what was unsettled before is forgotten"
        )
        found = checkpoint.Checkpoint(committed.offset)
    return _within(found, first, end, notes)


def _within(found: checkpoint.Checkpoint, first: int, end: int, notes: list[str]) -> Plan:
    position, unsettled = found.position, found.unsettled
    if position > end:
        notes.append(
            f"the log ends at {end}, before the position {position}: the topic was re-created or "
            f"cut; starting at {first}, {len(unsettled)} unsettled offsets are gone"
        )
        lost = len(unsettled)
        return Plan(first, (), tuple(notes), lost=lost, gone=lost, truncated=True)
    gone = tuple(offset for offset in unsettled if offset < first)
    lost = len(gone)
    if gone:
        notes.append(f"retention took {lost} unsettled offsets, {gone[0]} to {gone[-1]}")
    if position < first:
        notes.append(f"retention took the offsets {position} to {first - 1} before they were read")
        lost += first - position
        position = first
    kept = tuple(offset for offset in unsettled if offset >= first)
    return Plan(position, kept, tuple(notes), lost=lost, gone=len(gone))
