"""How long mails took, from the service's log and from when each was produced."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from app.domain.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PARTS: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


@dataclass(frozen=True, slots=True)
class Ends:
    """What became of mails: `at_ms` of each that was delivered by its id, and why others were not.

    `at_ms` is when the service wrote down the relay's final reply.
    """

    at_ms: Mapping[str, int] = field(default_factory=dict)
    others: Counter[str] = field(default_factory=Counter)

    @property
    def reason(self) -> str:
        """The one that most of the others have; "" when all were delivered."""
        return next((why for why, _ in self.others.most_common(1)), "")


def ends_in(lines: Iterable[bytes]) -> Ends:
    """Read the service's log; lines about anything else are passed over."""
    at_ms: dict[str, int] = {}
    others: Counter[str] = Counter()
    for line in lines:
        event = _outcome(line)
        if event is None:
            continue
        if event["status"] == Status.DELIVERED:
            at = datetime.fromisoformat(event["at"])
            at_ms[str(event["id"])] = round(at.timestamp() * 1000)
        else:
            others[_why(event)] += 1
    return Ends(at_ms, others)


def percentiles(took_ms: Sequence[float]) -> dict[str, float]:
    """Of one value at least: p50, p95, p99 and max, each a value that occurred."""
    ordered = sorted(took_ms)
    last = len(ordered) - 1
    return {name: ordered[round(last * part)] for name, part in _PARTS.items()}


def _outcome(line: bytes) -> Mapping[str, Any] | None:
    if b'"email.' not in line:
        return None
    try:
        event = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return event if event.get("status") and "at" in event else None


def _why(event: Mapping[str, Any]) -> str:
    said = " ".join(
        str(part)
        for part in (event.get("code"), event.get("enhanced_code"), event.get("reply"))
        if part
    )
    return ": ".join(part for part in (str(event.get("error_kind") or ""), said) if part)
