"""Where each mail stands, told by the service's own log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from app.cli.demo.scenario import Scene

QUEUED = "queued"
RETRYING = "retrying"
DELIVERED = "delivered"
DEAD = "dead"
EVENT = "email."


@dataclass(slots=True)
class Journey:
    """One mail's way. `state` is QUEUED or the status of its last result; `due` is when it goes on.

    `scene` is None for mails that the user sends; nothing is expected of them.
    """

    title: str
    scene: Scene | None
    state: str = QUEUED
    detail: str = ""
    due: datetime | None = None
    message_id: str | None = None
    retried: bool = False
    kind: str | None = None

    @property
    def ended(self) -> bool:
        return self.state not in {QUEUED, RETRYING}

    def heed(self, result: Mapping[str, Any]) -> None:
        """Take over what a result says."""
        self.state = str(result["status"])
        self.kind = result.get("error_kind")
        self.message_id = result.get("message_id") or self.message_id
        self.retried |= self.state == RETRYING
        self.due = _time(result.get("next_attempt_at"))
        self.detail = _explained(result, self.state)

    def missing(self, arrived: frozenset[str]) -> str | None:
        """What its ending lacks, given the Message-IDs in the mailbox; None when all is well."""
        if self.scene is None:
            return None
        wanted = DEAD if self.scene.kind else DELIVERED
        if self.state != wanted:
            return f"is {self.state}, not {wanted}" + (f": {self.detail}" if self.detail else "")
        if self.kind != self.scene.kind:
            return f"ended as {self.kind}, not {self.scene.kind}"
        if self.scene.retried and not self.retried:
            return "was not retried"
        if wanted == DELIVERED and self.message_id not in arrived:
            return "is not in the mailbox"
        return None


class Journeys:
    """All of them, known by the place in the queue where each began (`topic/partition/offset`)."""

    def __init__(self) -> None:
        self._by_origin: dict[str, Journey] = {}

    def __iter__(self) -> Iterator[Journey]:
        return iter(tuple(self._by_origin.values()))

    def __len__(self) -> int:
        return len(self._by_origin)

    def add(self, origin: str, scene: Scene) -> Journey:
        """Begin one; a result that came before its beginning was known is kept."""
        journey = self._by_origin.pop(origin, None) or Journey(scene.title, scene)
        journey.title, journey.scene = scene.title, scene
        if not journey.ended and scene.waits_until:
            journey.due = scene.waits_until
        self._by_origin[origin] = journey
        return journey

    def heed(self, event: Mapping[str, Any]) -> Journey | None:
        """Take a line of the service's log; the journey it was about, None for other lines."""
        if not str(event.get("event", "")).startswith(EVENT) or not event.get("status"):
            return None
        origin = str(event["origin"])
        if origin not in self._by_origin:
            self._by_origin[origin] = Journey(f"Yours: {event['id']}", None)
        journey = self._by_origin[origin]
        journey.heed(event)
        return journey

    @property
    def all_ended(self) -> bool:
        return all(journey.ended for journey in self if journey.scene)

    def missing(self, arrived: Iterable[str]) -> list[str]:
        """A line for each mail that did not end as expected."""
        ids = frozenset(arrived)
        return [f"{one.title}: {why}" for one in self if (why := one.missing(ids))]


def _explained(result: Mapping[str, Any], state: str) -> str:
    if state == DELIVERED:
        recipients = result.get("recipients") or []
        reached = [one["address"] for one in recipients if one["status"] == DELIVERED]
        shown = reached[0] if len(reached) == 1 else f"{len(reached)} recipients"
        others = len(recipients) - len(reached)
        attempt = result.get("attempt") or 1
        return (
            f"to {shown}"
            + (f", {others} refused" if others else "")
            + (f", attempt {attempt}" if attempt > 1 else "")
        )
    said = " ".join(
        str(part)
        for part in (result.get("code"), result.get("enhanced_code"), result.get("reply"))
        if part
    )
    return ": ".join(part for part in (str(result.get("error_kind") or ""), said) if part)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
