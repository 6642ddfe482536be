"""What names a message to others: Message-ID, bounce address, ENVID, and its Date."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from app.domain.errors import InvalidMessage

if TYPE_CHECKING:
    from app.domain.job import Trail
    from app.domain.message import Message

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
# RFC 5322 3.6.4, without the obsolete forms.
_MESSAGE_ID: Final = re.compile(r"<[!-;=?A-Z^-~]+@(?:[\w.-]+|\[[!-Z^-~]+\])>", re.ASCII)
# Neither is folded: what is longer is meant to break a line, or a reader.
_LONGEST_ID: Final = 250
_LONGEST_DATE: Final = 100
# RFC 3461 4.4: at most 100 characters, of which xtext spends three on `+` and `=`.
_ENVID: Final = re.compile(r"[!-*,-<>-~]{1,100}")


def digest(message: Message, trail: Trail) -> str:
    """The same for every attempt at a message and for nothing else.

    A defaulted id is a place in a topic, which may be deleted and filled anew: then the time at
    which the message was first seen belongs to it.
    """
    name = message.id if message.id_given else f"{message.id}\0{trail.first_seen_ms}"
    octets = name.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(octets, digest_size=16).hexdigest()


def envid(message_id: str, substitute: str) -> str:
    """The id where ENVID can carry it, else `substitute`."""
    return message_id if _ENVID.fullmatch(message_id) else substitute


def date(now: datetime) -> str:
    """RFC 5322 3.3, in UTC."""
    return _to_the_second(int(now.timestamp()))


@lru_cache(maxsize=8)
def _to_the_second(epoch_s: int) -> str:
    at = datetime.fromtimestamp(epoch_s, UTC)
    return (
        f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04}"
        f" {at.hour:02}:{at.minute:02}:{at.second:02} +0000"
    )


def check_message_id(value: str, field: str) -> None:
    """Refuse what is no Message-ID with `InvalidMessage`."""
    if len(value) > _LONGEST_ID or not _MESSAGE_ID.fullmatch(value):
        raise InvalidMessage(
            field,
            "must be of the form <left@right>, in ASCII, without spaces, "
            f"of at most {_LONGEST_ID} characters",
        )


def check_date(value: str, field: str) -> None:
    """Refuse what is no date of RFC 5322 with `InvalidMessage`."""
    try:
        is_date = bool(parsedate_to_datetime(value))
    except (ValueError, OverflowError):
        is_date = False
    if not is_date or not value.isascii() or len(value) > _LONGEST_DATE:
        raise InvalidMessage(field, "must be a date such as Sat, 22 Nov 2025 08:00:00 +0000")
