"""A dead letter as it can be read: whoever wrote it, and whatever has been done to it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from typing_extensions import override

from app.domain import wire
from app.domain.record import Origin
from app.domain.timestamps import rfc3339
from app.outcomes.text import one_line

if TYPE_CHECKING:
    from app.domain.glimpse import Glance
    from app.domain.record import Headers, Record

_LATEST_MS: Final = 253_402_300_799_999
_MOST: Final = 10**9
_PLACE: Final = re.compile(r"([0-9]{1,9})/([0-9]{1,18})", re.ASCII)

FOREIGN: Final = "has none of the service's headers: not written by it, or changed since"
NO_VALUE: Final = "has no value: that is where mail-origin says, if it is still there"


class Place(NamedTuple):
    """Where a letter stands in the dead-letter topic; written `partition/offset`."""

    partition: int
    offset: int

    @override
    def __str__(self) -> str:
        return f"{self.partition}/{self.offset}"

    @classmethod
    def parse(cls, text: str) -> Place:
        """Read the form that `str()` gives; `ValueError` on anything else."""
        match = _PLACE.fullmatch(text)
        if match is None:
            raise ValueError(f"not PARTITION/OFFSET, like 0/17: {text[:80]!r}")
        return cls(int(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One record of the dead-letter topic.

    `at_ms`: when it failed, else when it was written. `recipients`: whom it concerns, as far as
    that can be told. `notes` say what of its headers could not be read. Texts are free of control
    characters.
    """

    record: Record
    id: str
    type: str | None
    kind: str | None
    code: str | None
    text: str
    at_ms: int
    attempts: int | None
    first_seen_ms: int | None
    origin: Origin | None
    recipients: tuple[str, ...]
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> Place:
        return Place(self.record.partition, self.record.offset)

    def without_value(self) -> DeadLetter:
        """To be kept while others are read: a value may be large."""
        return replace(self, record=replace(self.record, value=None))

    def fields(self) -> dict[str, Any]:
        """All that is known of it, as JSON takes it; addresses are whole, the value is not in."""
        return {
            "partition": self.record.partition,
            "offset": self.record.offset,
            "id": self.id,
            "type": self.type,
            "error_kind": self.kind,
            "error_code": self.code,
            "error_text": self.text or None,
            "failed_at": moment(self.at_ms),
            "attempts": self.attempts,
            "first_seen": None if self.first_seen_ms is None else moment(self.first_seen_ms),
            "origin": None if self.origin is None else str(self.origin),
            "recipients": list(self.recipients),
            "notes": list(self.notes),
        }


def read_letter(record: Record, glance: Glance) -> DeadLetter:
    """Read leniently: a header that is broken is noted and otherwise taken as absent."""
    reading = _Reading(record.headers)
    seen = glance(record)
    remaining = reading.recipients()
    failed_at = reading.number(wire.MAIL_FAILED_AT, _LATEST_MS)
    letter = DeadLetter(
        record=record,
        id=reading.text(wire.MAIL_ID) or one_line(seen.id or "") or _default_id(record),
        type=one_line(seen.type) if seen.type else None,
        kind=reading.text(wire.MAIL_ERROR_KIND),
        code=reading.text(wire.MAIL_ERROR_CODE),
        text=reading.text(wire.MAIL_ERROR_TEXT) or "",
        at_ms=record.timestamp_ms if failed_at is None else failed_at,
        attempts=reading.number(wire.MAIL_ATTEMPT, _MOST),
        first_seen_ms=reading.number(wire.MAIL_FIRST_SEEN, _LATEST_MS),
        origin=reading.origin(),
        recipients=seen.recipients if remaining is None else remaining,
    )
    notes = list(reading.notes)
    if wire.OURS.isdisjoint(name for name, _ in record.headers):
        notes.append(FOREIGN)
    if record.value is None:
        notes.append(NO_VALUE)
    return replace(letter, notes=tuple(notes)) if notes else letter


def moment(epoch_ms: int) -> str | None:
    """None for what is no time that a calendar has: Kafka's -1, or nonsense."""
    return rfc3339(epoch_ms) if 0 <= epoch_ms <= _LATEST_MS else None


def _default_id(record: Record) -> str:
    return f"{record.topic}-{record.partition}-{record.offset}"


class _Reading:
    """Reads one record's headers; of several of a name the last counts, as everywhere in Kafka."""

    def __init__(self, headers: Headers) -> None:
        self._headers: dict[str, bytes | None] = dict(headers)
        self.notes: list[str] = []

    def text(self, name: str) -> str | None:
        value = self._headers.get(name)
        return one_line(value.decode(errors="replace")) or None if value else None

    def number(self, name: str, most: int) -> int | None:
        value = self._headers.get(name)
        if value is None or (name == wire.MAIL_FIRST_SEEN and value == b"-1"):
            return None
        if value.isdigit() and len(value) <= len(str(most)) and int(value) <= most:
            return int(value)
        self._broken(name, "is not a number", value)
        return None

    def origin(self) -> Origin | None:
        value = self._headers.get(wire.MAIL_ORIGIN)
        if value is None:
            return None
        try:
            return Origin.parse(value.decode())
        except ValueError:
            self._broken(wire.MAIL_ORIGIN, "is not topic/partition/offset", value)
            return None

    def recipients(self) -> tuple[str, ...] | None:
        value = self._headers.get(wire.MAIL_RECIPIENTS)
        if value is None:
            return None
        try:
            given = orjson.loads(value)
        except orjson.JSONDecodeError:
            given = None
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            self._broken(wire.MAIL_RECIPIENTS, "is not a JSON list of addresses", value)
            return None
        return tuple(one_line(each) for each in given)

    def _broken(self, name: str, why: str, value: bytes) -> None:
        shown = one_line(value[:80].decode(errors="replace"))
        self.notes.append(f"{name} {why}: {shown!r}")
