"""A job's ticket: what the submitter holds, and the pool's own entry for the job."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar, cast

from app.pool.errors import JobAbandoned, JobCancelled, JobExpired, JobTimeout
from app.pool.outcome import Outcome

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import TracebackType

    from app.pool.core import Core
    from app.pool.extra import Extra
    from app.pool.priority import Priority

ResultT = TypeVar("ResultT", covariant=True)  # noqa: PLC0105 - the customary name
AnyTicket: TypeAlias = "Ticket[Any]"

QUEUED, PARKED, RUNNING, DONE = range(4)


class Ticket(Generic[ResultT]):
    """Await it for the job's value; `outcome` is None until the job is done.

    Awaiting raises what the handler raised; without that `JobTimeout`, `JobExpired`,
    `JobCancelled` or `JobAbandoned`. Any number of tasks may await it, and none has to.

    The other attributes are the pool's. `number` is the order of entry, `entered`, `started` and
    `ended` are monotonic; those of the run are set once the job is done.
    """

    __slots__ = (
        "core",
        "ended",
        "entered",
        "error",
        "extra",
        "given_id",
        "job",
        "number",
        "outcome",
        "priority",
        "queued_s",
        "run_s",
        "state",
        "trace",
        "value",
        "waiters",
        "worker",
    )

    outcome: Outcome | None
    number: int
    entered: float
    state: int
    value: Any
    error: BaseException | None
    worker: int | None
    queued_s: float
    run_s: float
    trace: TracebackType | None

    def __init__(
        self,
        core: Core,
        job: Any,
        priority: Priority,
        given_id: str | None,
        extra: Extra | None,
    ) -> None:
        self.core = core
        self.job = job
        self.priority = priority
        self.given_id = given_id
        self.extra = extra
        self.outcome = None
        self.waiters: list[asyncio.Future[None]] | None = None

    @property
    def job_id(self) -> str:
        if self.given_id is not None:
            return self.given_id
        return f"job-{self.submission}"

    def done(self) -> bool:
        return self.outcome is not None

    def cancel(self) -> bool:
        """Cancel the job; True when that was in time.

        A waiting job is cancelled at once and frees its place. A running one has its handler
        cancelled, and ends when the handler does: as `ok` if it still returns a value.
        """
        return self.core.cancel(self)

    def __await__(self) -> Generator[Any, None, ResultT]:
        if self.outcome is None:
            told: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            if self.waiters is None:
                self.waiters = []
            self.waiters.append(told)
            try:
                yield from told
            finally:
                if self.outcome is None:
                    self.waiters.remove(told)
        if self.outcome is Outcome.OK:
            return cast("ResultT", self.value)
        failure = self.failure()
        # Each awaiting adds its frames; they are not the job's.
        raise failure.with_traceback(self.trace)

    def __repr__(self) -> str:  # type: ignore[explicit-override]  # not in 3.11's typing
        return f"<Ticket {self.job_id} {self.outcome or _STATES[self.state]}>"

    @property
    def queued(self) -> bool:
        return self.state == QUEUED

    @property
    def submission(self) -> int:
        """The order of submission, which `number` is until the job enters again."""
        extra = self.extra
        return self.number if extra is None or not extra.first_number else extra.first_number

    @property
    def attempts(self) -> int:
        if self.extra is not None:
            return self.extra.attempts
        return int(self.worker is not None)

    @property
    def size(self) -> int:
        return 0 if self.extra is None else self.extra.size

    def failure(self) -> BaseException:
        """What awaiting raises; the job is done and not ok."""
        error = self.error
        if error is not None and not isinstance(error, asyncio.CancelledError):
            return error
        kind, says = _FAILURES[self.outcome or Outcome.ABANDONED]
        failure = kind(f"{self.job_id} {says}")
        failure.__cause__ = error or (self.extra.last_error if self.extra is not None else None)
        self.error = failure
        return failure

    def tell(self) -> None:
        """Wake those who await."""
        for told in self.waiters or ():
            if not told.done():
                told.set_result(None)
        self.waiters = None


_STATES = ("queued", "parked", "running", "done")
_FAILURES = {
    Outcome.FAILED: (JobCancelled, "raised CancelledError although nobody had cancelled it"),
    Outcome.TIMEOUT: (JobTimeout, "did not end in the time it had"),
    Outcome.EXPIRED: (JobExpired, "could not start before it expired"),
    Outcome.CANCELLED: (JobCancelled, "was cancelled"),
    Outcome.ABANDONED: (JobAbandoned, "was abandoned: the pool stopped before it was done"),
}
