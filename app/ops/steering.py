"""The calls that make the service do less, or go on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pydantic import BaseModel, ConfigDict, Field

from app.ops.access import Need
from app.ops.audit import audit
from app.ops.operation import Call, Operation, Reply
from app.ops.problems import Fault, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.ops.settings import SettingsDoor

WORKERS = "EMAIL_WORKER_COUNT"


class Helm(Protocol):
    """What can be done with the running service as a whole."""

    @property
    def steerable(self) -> bool:
        """False while it is starting or ending."""
        ...

    @property
    def phase(self) -> str: ...

    @property
    def workers(self) -> int: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def hold(self) -> None: ...


class WantedWorkers(BaseModel):
    model_config = ConfigDict(extra="forbid")

    workers: int = Field(ge=1, le=10_000)


class Resized(BaseModel):
    """`workers` that are wanted; busy ones that are too many leave with the end of their mail."""

    workers: int


class Steered(BaseModel):
    """What the service does now."""

    phase: str


def steering(helm: Helm, settings: SettingsDoor) -> list[Operation]:
    """`/admin/pool/resize`, `/admin/pause`, `/admin/resume` and `/admin/drain`."""

    def require_steerable() -> None:
        if not helm.steerable:
            raise Problem(503, "the service is starting or ending", headers={"retry-after": "5"})

    async def resize(call: Call) -> Reply:
        require_steerable()
        before, wanted = helm.workers, call.body.workers
        try:
            await settings.change({WORKERS: str(wanted)})
        except Problem as problem:
            raise _of_workers(problem) from None
        audit(call, "pool_resize", **{"from": before, "to": wanted})
        return Reply(Resized(workers=wanted))

    def steer(action: str, act: Callable[[], None], about: str) -> Operation:
        async def handle(call: Call) -> Reply:
            require_steerable()
            before = helm.phase
            act()
            audit(call, action, **{"from": before, "to": helm.phase})
            return Reply(Steered(phase=helm.phase))

        return Operation(
            method="POST",
            path=f"/admin/{action}",
            name=action,
            about=about,
            handle=handle,
            answers={200: Steered},
            need=Need.TOKEN,
            problems=(503,),
        )

    return [
        Operation(
            method="POST",
            path="/admin/pool/resize",
            name="resize",
            about="Have so many workers.",
            handle=resize,
            answers={200: Resized},
            need=Need.TOKEN,
            body=WantedWorkers,
            problems=(503,),
        ),
        steer("pause", helm.pause, "Send nothing more; mails under way end."),
        steer("resume", helm.resume, "Go on after a pause or a drain."),
        steer("drain", helm.hold, "Take up nothing more, finish what is in hand, and stay up."),
    ]


def _of_workers(problem: Problem) -> Problem:
    """As about the field that was sent."""
    faults = [Fault(where="body.workers", detail=each.detail) for each in problem.errors]
    return Problem(problem.status_code, problem.detail, errors=faults)
