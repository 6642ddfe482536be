"""Long work that an operator began: how far it is, and its end."""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, Field

from app.ops.access import Need
from app.ops.audit import audit
from app.ops.operation import Call, Operation, Reply
from app.ops.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = 20
NAMED: Final = 20


class State(StrEnum):
    """CANCELLED and FAILED may have done a part."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Work(BaseModel):
    """One piece of long work. `counts` say what became of how many."""

    id: str
    kind: str
    state: State
    started_at: datetime
    ended_at: datetime | None = None
    looked_at: int = Field(0, description="Offsets looked at.")
    of: int = Field(0, description="How many there are to look at.")
    counts: dict[str, int] = Field(default_factory=dict)
    failures: list[str] = Field(default_factory=list, description="The first of them.")
    error: str | None = Field(None, description="What ended it early.")


class AllWork(BaseModel):
    operations: list[Work]


class Desk:
    """One piece of work at a time; the last twenty are remembered."""

    def __init__(self) -> None:
        self._known: deque[Work] = deque(maxlen=KEPT)
        self._running: asyncio.Future[Any] | None = None
        self._watching: asyncio.Task[None] | None = None

    def require_free(self) -> None:
        """`Problem` 409 while something runs."""
        if self._running is not None:
            raise Problem(409, f"{self._known[-1].kind} {self._known[-1].id} is still running")

    def begin(
        self,
        kind: str,
        start: Callable[[Work], asyncio.Future[Any]],
        wrong: Callable[[Exception], str],
    ) -> Work:
        """Begin it; `wrong` words what it fails with."""
        self.require_free()
        work = Work(
            id=secrets.token_hex(8), kind=kind, state=State.RUNNING, started_at=datetime.now(UTC)
        )
        self._known.append(work)
        self._running = start(work)
        self._watching = asyncio.create_task(self._watch(work, self._running, wrong), name=kind)
        return work

    def all(self) -> list[Work]:
        """The newest first."""
        return list(reversed(self._known))

    def named(self, identifier: str) -> Work:
        """`Problem` 404 when there is none of that id."""
        for work in self._known:
            if work.id == identifier:
                return work
        raise Problem(404, "there is no such operation, or it was long ago")

    def cancel(self, identifier: str) -> Work:
        """What it has done stays done."""
        work = self.named(identifier)
        if work.state is State.RUNNING and self._running is not None:
            self._running.cancel()
        return work

    async def _watch(
        self, work: Work, running: asyncio.Future[Any], wrong: Callable[[Exception], str]
    ) -> None:
        try:
            await running
            work.state = State.DONE
        except asyncio.CancelledError:
            work.state = State.CANCELLED
        except Exception as error:  # noqa: BLE001 - told to whoever asks
            work.state, work.error = State.FAILED, wrong(error)
        finally:
            work.ended_at = datetime.now(UTC)
            self._running = None


def working(desk: Desk) -> list[Operation]:
    """`/admin/operations`."""

    async def every(_: Call) -> Reply:
        return Reply(AllWork(operations=desk.all()))

    async def one(call: Call) -> Reply:
        return Reply(desk.named(call.path["id"]))

    async def cancel(call: Call) -> Reply:
        work = desk.cancel(call.path["id"])
        audit(call, "operation_cancel", id=work.id, kind=work.kind)
        return Reply(work)

    one_path = "/admin/operations/{id}"
    return [
        Operation(
            method="GET",
            path="/admin/operations",
            name="operations",
            about="Long work that was begun here, the newest first.",
            handle=every,
            answers={200: AllWork},
            need=Need.TOKEN_UNLESS_PUBLIC,
        ),
        Operation(
            method="GET",
            path=one_path,
            name="operation",
            about="How far it is.",
            handle=one,
            answers={200: Work},
            need=Need.TOKEN_UNLESS_PUBLIC,
        ),
        Operation(
            method="DELETE",
            path=one_path,
            name="cancel_operation",
            about="End it early; what it has done stays done.",
            handle=cancel,
            answers={200: Work},
            need=Need.TOKEN,
        ),
    ]
