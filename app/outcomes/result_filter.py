"""Which results somebody wants to see; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.record import Record

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Every field that is not empty must match, by any of its values.

    `recipients` are addresses or domains (`example.com` or `@example.com`), `relays` with or
    without their port. A status matches the result's own or that of any of its recipients; where
    recipients are asked for, it is theirs.
    """

    statuses: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    recipients: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    relays: frozenset[str] = frozenset()

    def of(self, record: Record) -> Result | None:
        """The record's result when it matches; None otherwise, and for what is no result."""
        # The key is the id: most records need not be decoded to look for a few.
        if (
            self.ids
            and record.key is not None
            and record.key.decode(errors="replace") not in (self.ids)
        ):
            return None
        result = decode_result(record)
        return result if result is not None and self.matches(result) else None

    def matches(self, result: Mapping[str, Any]) -> bool:
        return (
            _among(result.get("id"), self.ids)
            and _among(result.get("type"), self.types)
            and _among(result.get("error_kind"), self.kinds)
            and self._relay_matches(result.get("relay"))
            and self._somebody_matches(result)
        )

    def _relay_matches(self, relay: object) -> bool:
        if not self.relays:
            return True
        return isinstance(relay, str) and bool({relay, relay.rpartition(":")[0]} & self.relays)

    def _somebody_matches(self, result: Mapping[str, Any]) -> bool:
        if not self.recipients:
            return _among(result.get("status"), self.statuses) or any(
                status in self.statuses for _, status in recipients_of(result)
            )
        wanted = {one.removeprefix("@").lower() for one in self.recipients}
        return any(
            {address.lower(), address.rpartition("@")[2].lower()} & wanted
            and _among(status, self.statuses)
            for address, status in recipients_of(result)
        )


def decode_result(record: Record) -> Result | None:
    """None when it is no result: topics hold what anybody writes."""
    try:
        found = orjson.loads(record.value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("id"), str):
        return None
    return found if isinstance(found.get("status"), str) else None


def recipients_of(result: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Address and status of each; what is not of this form is passed over."""
    given = result.get("recipients")
    for each in given if isinstance(given, list) else ():
        if isinstance(each, dict):
            address, status = each.get("address"), each.get("status")
            if isinstance(address, str) and isinstance(status, str):
                yield address, status


def _among(value: object, wanted: frozenset[str]) -> bool:
    return not wanted or (isinstance(value, str) and value in wanted)
