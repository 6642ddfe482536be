"""An address that no mail may go to, as its record says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

import orjson

from app.domain.record import Outgoing
from app.domain.timestamps import rfc3339

_LATEST_MS: Final = 253_402_300_799_999
"""The last millisecond of the year 9999, which is as far as times are written."""

_DIGEST_BYTES: Final = 32
# What goes the same way is written in one batch; an own way for each address would be slow.
_LANES: Final = 64


class Source(StrEnum):
    """Who made the entry."""

    BOUNCE = "bounce"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why and how long; times in epoch milliseconds, `until_ms` None for ever.

    `code` is the relay's (`550 5.1.1`), `mail_id` names the mail that bounced. Nothing in it tells
    the address, not even the relay's words, which often repeat it.
    """

    source: Source
    reason: str
    since_ms: int
    until_ms: int | None = None
    code: str | None = None
    mail_id: str | None = None

    def is_over(self, now_ms: int) -> bool:
        return self.until_ms is not None and self.until_ms <= now_ms

    def fields(self) -> dict[str, Any]:
        """As JSON takes it; what is unknown is left out, but for `until`."""
        known = {
            "source": self.source.value,
            "reason": self.reason,
            "since": rfc3339(self.since_ms),
            "until": None if self.until_ms is None else rfc3339(min(self.until_ms, _LATEST_MS)),
            "code": self.code,
            "mail_id": self.mail_id,
        }
        return {
            name: value for name, value in known.items() if value is not None or name == "until"
        }


def entry(topic: str, digest: bytes, suppression: Suppression) -> Outgoing:
    """The record that suppresses an address."""
    value = orjson.dumps(suppression.fields())
    return Outgoing(topic, lane_of(digest), digest.hex().encode(), value)


def tombstone(topic: str, digest: bytes, partition: int) -> Outgoing:
    """The record that removes an entry from the partition that holds it."""
    return Outgoing(topic, partition, digest.hex().encode(), None)


def lane_of(digest: bytes) -> int:
    """Picks the partition: the same for each entry of an address, as compaction needs it."""
    return digest[0] % _LANES


def read_key(key: bytes | None) -> bytes:
    """The digest that a record is about; ValueError when it is about something else."""
    digest = bytes.fromhex((key or b"").decode("ascii"))
    if len(digest) != _DIGEST_BYTES:
        raise ValueError("not a SHA-256 in hexadecimal")
    return digest


def read_value(value: bytes) -> Suppression:
    """An entry, also one that another program wrote: an empty object suppresses for ever.

    Raises ValueError for what is no JSON object, or has a time that cannot be read.
    """
    found = orjson.loads(value)
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - all that is wrong with it is one error
    until = found.get("until")
    return Suppression(
        Source.BOUNCE if found.get("source") == Source.BOUNCE else Source.MANUAL,
        str(found.get("reason") or ""),
        _epoch_ms(found["since"]) if found.get("since") else 0,
        None if until is None else _epoch_ms(until),
        _text(found.get("code")),
        _text(found.get("mail_id")),
    )


def _epoch_ms(text: object) -> int:
    if not isinstance(text, str):
        raise ValueError("not a time")  # noqa: TRY004 - as above
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _text(value: object) -> str | None:
    return None if value is None else str(value)
