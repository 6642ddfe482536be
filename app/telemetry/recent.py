"""What lately became of messages: how old they were at delivery, and what went wrong."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from app.domain.outcome import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.outcome import ErrorKind
    from app.telemetry.addresses import AddressView
    from app.telemetry.mail_log import MailEvent

KEPT: Final = 8
SAMPLES: Final = 2_000
WINDOW_S: Final = 60.0
NAMED: Final = 3
_LONGEST: Final = 500
_WELL: Final = frozenset({Status.DELIVERED, Status.DUPLICATE, None})


class Failure(NamedTuple):
    """A message that was not delivered; each text as long as is good to read, and no longer."""

    at: str
    id: str
    type: str | None
    status: str
    kind: str
    attempt: int
    relay: str | None
    code: str | None
    text: str | None
    recipients: tuple[str, ...]
    next_attempt_at: str | None


@dataclass(frozen=True, slots=True)
class Ages:
    """Seconds from first seen to delivered, over the last minute; None where nothing was."""

    count: int
    p50: float | None
    p95: float | None
    max: float | None


class Recent:
    """The last failures of each kind and the ages of the last minute's mails, in bounded memory."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failed: dict[ErrorKind, deque[Failure]] = {}
        self._ages: deque[tuple[float, float]] = deque(maxlen=SAMPLES)

    def add(self, event: MailEvent) -> None:
        """Keeps a few short texts of it, for a whole mail may be large."""
        if event.status is Status.DELIVERED and event.age_s is not None:
            self._ages.append((self._clock(), event.age_s))
        if event.kind is not None and event.status not in _WELL:
            kept = self._failed.setdefault(event.kind, deque(maxlen=KEPT))
            kept.append(_failure(event))

    def ages(self) -> Ages:
        """Of the last minute, and of the last two thousand mails at most."""
        latest = self._clock() - WINDOW_S
        while self._ages and self._ages[0][0] < latest:
            self._ages.popleft()
        ages = sorted(age for _, age in self._ages)
        if not ages:
            return Ages(0, None, None, None)
        last = len(ages) - 1
        return Ages(len(ages), ages[last // 2], ages[round(last * 0.95)], ages[last])

    def failures(self, view: AddressView) -> list[Failure]:
        """The newest first, addresses as `view` shows them."""
        found = [_shown(each, view) for kept in self._failed.values() for each in kept]
        return sorted(found, key=lambda each: each.at, reverse=True)


def _failure(event: MailEvent) -> Failure:
    fields = event.fields
    code = " ".join(str(part) for part in (fields["code"], fields["enhanced_code"]) if part)
    return Failure(
        at=fields["at"],
        id=fields["id"],
        type=_short(fields["type"]),
        status=str(event.status),
        kind=str(event.kind),
        attempt=fields["attempt"],
        relay=fields["relay"],
        code=code or None,
        text=_short(fields["reply"]),
        recipients=tuple(each["address"] for each in fields["recipients"][:NAMED]),
        next_attempt_at=fields["next_attempt_at"],
    )


def _shown(failure: Failure, view: AddressView) -> Failure:
    return failure._replace(
        id=view.scrub(failure.id),
        type=failure.type and view.scrub(failure.type),
        text=failure.text and view.scrub(failure.text),
        recipients=tuple(map(view.show, failure.recipients)),
    )


def _short(text: str | None) -> str | None:
    return text and text[:_LONGEST]
