"""What the console shows at one moment, and the call that tells it ever again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field

from app.ops.access import Need
from app.ops.operation import EVENT_STREAM, Call, Operation, Reply
from app.ops.seeing import HealthReport, Sight, health_report
from app.ops.stats import Stats

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ops.broadcast import Broadcast


class _Seen(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class WorkerSeen(_Seen):
    """One worker; `busy_s` and `jobs` grow, so that two moments tell how busy it was between."""

    worker: int
    jobs: int
    busy_s: float
    job_id: str | None = Field(description="The mail it is at.")


class AgesSeen(_Seen):
    """Seconds from first seen to delivered, over the last minute."""

    count: int
    p50: float | None
    p95: float | None
    max: float | None


class FailureSeen(_Seen):
    """A mail that lately was not delivered; addresses are as in the log."""

    at: str
    id: str
    type: str | None
    status: str
    kind: str
    attempt: int
    relay: str | None
    code: str | None
    text: str | None
    recipients: list[str]
    next_attempt_at: str | None


class Glance(BaseModel):
    """All that the console shows without being asked."""

    health: HealthReport
    stats: Stats
    workers: list[WorkerSeen]
    ages: AgesSeen
    failures: list[FailureSeen]


class Watch(Sight, Protocol):
    """A sight that knows single workers and mails too; each call is cheap, and never waits."""

    def workers(self) -> list[WorkerSeen]: ...

    def ages(self) -> AgesSeen: ...

    def failures(self) -> list[FailureSeen]: ...


def glancing(watch: Watch) -> Callable[[], bytes]:
    """Makes the JSON of a glance."""

    def make() -> bytes:
        stats = watch.stats()
        glance = Glance(
            health=health_report(watch, stats),
            stats=stats,
            workers=watch.workers(),
            ages=watch.ages(),
            failures=watch.failures(),
        )
        return glance.model_dump_json().encode()

    return make


def events(broadcast: Broadcast) -> list[Operation]:
    """`/events`."""

    async def listen(_: Call) -> Reply:
        # A proxy that gathers answers would show what was.
        return Reply(broadcast.stream(), headers={"x-accel-buffering": "no"})

    return [
        Operation(
            method="GET",
            path="/events",
            name="events",
            about="The console's numbers, every second, as server-sent events named `glance`. The "
            "stream ends after five minutes; ask again.",
            handle=listen,
            answers={200: Glance},
            need=Need.TOKEN_UNLESS_PUBLIC,
            media_type=EVENT_STREAM,
            problems=(503,),
        )
    ]
