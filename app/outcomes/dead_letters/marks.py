"""Which dead letters were replayed: the records of the topic `<dlq>-state`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import orjson

from app.domain.record import Outgoing
from app.outcomes.dead_letters.letter import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.domain.record import Record
    from app.outcomes.dead_letters.letter import DeadLetter


def state_topic(dead_letters: str) -> str:
    """The topic of the marks that belong to this dead-letter topic."""
    return f"{dead_letters}-state"


class Mark(NamedTuple):
    """`written_ms` is the letter's own timestamp; None where the mark cannot be read."""

    written_ms: int | None
    at_ms: int | None
    to: str | None


class Marks:
    """The newest mark of each place."""

    def __init__(self) -> None:
        self._marks: dict[Place, Mark] = {}

    def __len__(self) -> int:
        return len(self._marks)

    def read(self, record: Record) -> None:
        """Take in one record of the state topic, which must come in order of a key's offsets."""
        try:
            place = Place.parse((record.key or b"").decode())
        except ValueError:
            return  # not ours, and no letter's
        if record.value is None:
            self._marks.pop(place, None)
        else:
            self._marks[place] = _decode(record.value)

    def of(self, letter: DeadLetter) -> Mark | None:
        """The letter's mark; None when it was not replayed.

        A topic that was deleted and made anew begins at offset 0 again: a mark counts for the
        letter that it was made for, which its timestamp tells. What cannot be read counts, so that
        nothing goes twice.
        """
        mark = self._marks.get(letter.place)
        if mark is None or mark.written_ms not in {None, letter.record.timestamp_ms}:
            return None
        return mark

    def below(self, partition: int, offset: int) -> Iterator[Place]:
        """Places before that offset."""
        return (
            place for place in self._marks if place.partition == partition and place.offset < offset
        )


def mark(letter: DeadLetter, state: str, *, to: str, now_ms: int) -> Outgoing:
    """Says that the letter was written to the topic `to`."""
    value = {"written": letter.record.timestamp_ms, "at": now_ms, "to": to, "id": letter.id}
    return Outgoing(state, letter.record.partition, _key(letter.place), orjson.dumps(value))


def tombstone(place: Place, state: str) -> Outgoing:
    """Forget the mark of a letter that is no more."""
    return Outgoing(state, place.partition, _key(place), None)


def _key(place: Place) -> bytes:
    return str(place).encode()


def _decode(value: bytes) -> Mark:
    try:
        given = orjson.loads(value)
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, dict):
        return Mark(None, None, None)
    written, at, to = given.get("written"), given.get("at"), given.get("to")
    return Mark(
        written if isinstance(written, int) else None,
        at if isinstance(at, int) else None,
        to if isinstance(to, str) else None,
    )
