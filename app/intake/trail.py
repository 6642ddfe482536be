"""A message's past, from the `mail-*` headers that the service writes (DESIGN 3.3)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.domain import wire
from app.domain.addresses import parse_address
from app.domain.errors import InvalidMessage
from app.domain.job import Trail
from app.domain.outcome import ErrorKind
from app.domain.record import Origin
from app.intake.fields import MOST_COUNTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.record import Record

# Attempts go on from the highest `retry_count`.
_MOST_ATTEMPTS: Final = 2 * MOST_COUNTED
# The end of year 9999.
_LATEST_MS: Final = 253_402_300_799_999
_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")
_KINDS: Final = frozenset(ErrorKind)


def read_trail(record: Record, *, attempts: int = 0) -> Trail:
    """The record's own place and time where headers are absent, `attempts` likewise.

    A header that cannot be read is `InvalidMessage` with field `header <name>`.
    """
    return _trail(record, attempts, lenient=False)


def trail_of(record: Record) -> Trail:
    """As `read_trail` for a record that may be broken: what cannot be read counts as absent."""
    return _trail(record, 0, lenient=True)


def _trail(record: Record, attempts: int, *, lenient: bool) -> Trail:
    if not record.headers:
        return Trail(record.origin, record.timestamp_ms, attempts)
    past: dict[str, Any] = {
        "origin": record.origin,
        "first_seen_ms": record.timestamp_ms,
        "attempts": attempts,
    }
    for name, value in record.headers:
        reader = _READERS.get(name)
        if reader is None:
            continue
        field, read = reader
        try:
            past[field] = read(value)
        except InvalidMessage as error:
            if not lenient:
                raise InvalidMessage(f"header {name}", error.reason) from None
        except ValueError as error:
            if not lenient:
                raise InvalidMessage(f"header {name}", str(error)) from None
    return Trail(**past)


def _number(value: bytes, most: int, what: str) -> int:
    # Digits only: int() would take signs, spaces and underscores as well.
    if not value.isdigit() or len(value) > len(str(most)) or int(value) > most:
        raise ValueError(f"must be {what} from 0 to {most}")
    return int(value)


def _count(value: bytes) -> int:
    return _number(value, _MOST_ATTEMPTS, "a number")


def _moment(value: bytes) -> int:
    return _number(value, _LATEST_MS, "a time in epoch milliseconds,")


def _first_seen(value: bytes) -> int:
    """Kafka's -1, for a record without a timestamp, was written as it is."""
    return -1 if value == b"-1" else _moment(value)


def _origin(value: bytes) -> Origin:
    try:
        origin = Origin.parse(value.decode("ascii"))
    except ValueError:
        raise ValueError("must be topic/partition/offset") from None
    if not _TOPIC.fullmatch(origin.topic):
        raise ValueError("must be topic/partition/offset")
    return origin


def _recipients(value: bytes) -> tuple[str, ...]:
    try:
        given = orjson.loads(value)
    except orjson.JSONDecodeError:
        given = None
    if not isinstance(given, list) or not given:
        raise ValueError("must be a JSON list of addresses, not empty")
    return tuple(dict.fromkeys(parse_address(each, "").spec for each in given))


def _kind(value: bytes) -> ErrorKind | None:
    """A kind that only a later release knows says nothing here."""
    text = value.decode(errors="replace")
    return ErrorKind(text) if text in _KINDS else None


_READERS: Final[dict[str, tuple[str, Callable[[bytes], object]]]] = {
    wire.MAIL_ORIGIN: ("origin", _origin),
    wire.MAIL_FIRST_SEEN: ("first_seen_ms", _first_seen),
    wire.MAIL_ATTEMPT: ("attempts", _count),
    wire.MAIL_NOT_BEFORE: ("not_before_ms", _moment),
    wire.MAIL_RECIPIENTS: ("recipients", _recipients),
    wire.MAIL_ERROR_KIND: ("last_kind", _kind),
}
