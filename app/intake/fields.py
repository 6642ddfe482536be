"""Checks of single values: each gives the value or raises `InvalidMessage` naming the field."""

from __future__ import annotations

import re
from binascii import a2b_base64
from datetime import UTC, datetime
from typing import Any, Final

from app.domain.addresses import UNSAFE
from app.domain.errors import InvalidMessage

MOST_COUNTED: Final = 1_000_000

RFC_3339: Final = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d(?:\.\d{1,9})?)([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
# What Go writes for a time that was never set.
_GO_ZERO: Final = "0001-01-01T00:00:00Z"


def string(value: object, field: str) -> str:
    """Any text without NUL, which no part of a mail may hold."""
    if not isinstance(value, str):
        raise InvalidMessage(field, "must be a string")
    if "\0" in value:
        raise InvalidMessage(field, "has a NUL character")
    return value


def header_text(value: object, field: str, longest: int) -> str:
    """Text bound for a header: no line break, no control character but TAB."""
    if not isinstance(value, str):
        raise InvalidMessage(field, "must be a string")
    # What is printable has none, and is found out far sooner.
    if not value.isprintable() and (unsafe := UNSAFE.search(value)):
        code = ord(unsafe.group())
        what = "line break" if unsafe.group() in "\r\n\u2028\u2029" else "control character"
        raise InvalidMessage(field, f"has a {what} (U+{code:04X})")
    if len(value) > longest:
        raise InvalidMessage(field, f"is longer than {longest} characters")
    return value


def pattern(value: object, field: str, form: re.Pattern[str], allowed: str) -> str:
    """Text that `form` matches as a whole; `allowed` says in words what that is."""
    if not isinstance(value, str) or not form.fullmatch(value):
        raise InvalidMessage(field, f"must be {allowed}")
    return value


def whole(value: object, field: str) -> int:
    """A count; JSON's `true` and `3.0` are none."""
    if type(value) is not int or not 0 <= value <= MOST_COUNTED:
        raise InvalidMessage(field, f"must be a whole number from 0 to {MOST_COUNTED}")
    return value


def octets(value: object, field: str) -> bytes:
    """What a string of base64 stands for."""
    if not isinstance(value, str):
        raise InvalidMessage(field, "must be a string: base64")
    try:
        return a2b_base64(value, strict_mode=True)
    except ValueError:
        raise InvalidMessage(field, "is not base64 (RFC 4648 section 4, padded)") from None


def flag(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidMessage(field, "must be true or false")
    return value


def mapping(value: object, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidMessage(field, "must be an object")
    return value


def entries(value: object, field: str, most: int) -> list[Any]:
    if not isinstance(value, list):
        raise InvalidMessage(field, "must be a list")
    if len(value) > most:
        raise InvalidMessage(field, f"has more than {most} entries")
    return value


def moment(value: object, field: str) -> datetime | None:
    """An RFC 3339 time, in UTC; None for the zero of Go's `time.Time`."""
    if value == _GO_ZERO:
        return None
    parts = RFC_3339.fullmatch(value) if isinstance(value, str) else None
    if parts is None:
        raise InvalidMessage(field, "must be an RFC 3339 time with its zone: 2030-01-31T08:00:00Z")
    day, time, zone = parts.groups()
    try:
        return datetime.fromisoformat(f"{day}T{time}{zone.upper()}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidMessage(field, "is not a time that exists") from None
