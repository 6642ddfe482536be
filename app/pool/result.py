"""A job's end as readers see it."""

from __future__ import annotations

from traceback import format_exception
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from app.pool.outcome import Outcome

if TYPE_CHECKING:
    from types import TracebackType

    from app.pool.priority import Priority
    from app.pool.ticket import Ticket

JobT = TypeVar("JobT")
ResultT = TypeVar("ResultT")


class JobResult(NamedTuple, Generic[JobT, ResultT]):
    """One job's outcome. A tuple, as these are made for every job.

    `error` is what awaiting the ticket raises, None for `ok`; `traceback` its text, from the
    handler on, None when nothing was raised in the handler. `attempts` counts the handler's
    runs without postponed ones; `queued_s` is the time spent in the buffer and `run_s` the time
    in the handler, over all attempts; `worker` is the last one, None when the job never ran.
    """

    job_id: str
    job: JobT
    outcome: Outcome
    value: ResultT | None
    error: BaseException | None
    traceback: str | None
    attempts: int
    priority: Priority
    queued_s: float
    run_s: float
    worker: int | None


class JobError(NamedTuple):
    """What `on_error` gets, after the last attempt."""

    job_id: str
    error: BaseException
    traceback: str | None
    outcome: Outcome
    attempts: int


def result_of(ticket: Ticket[Any]) -> JobResult[Any, Any]:
    """The result of a job that is done."""
    outcome = ticket.outcome or Outcome.ABANDONED
    error = None if outcome is Outcome.OK else ticket.failure()
    extra = ticket.extra
    return JobResult(
        ticket.job_id,
        ticket.job,
        outcome,
        ticket.value if outcome is Outcome.OK else None,
        error,
        traceback_of(error, ticket.trace) if error is not None else None,
        ticket.attempts,
        ticket.priority,
        ticket.queued_s + (extra.queued_s if extra else 0.0),
        ticket.run_s + (extra.run_s if extra else 0.0),
        ticket.worker,
    )


def error_of(ticket: Ticket[Any]) -> JobError:
    error = ticket.failure()
    outcome = ticket.outcome or Outcome.FAILED
    return JobError(
        ticket.job_id, error, traceback_of(error, ticket.trace), outcome, ticket.attempts
    )


def traceback_of(error: BaseException, trace: TracebackType | None) -> str | None:
    """As printed when uncaught; None for an error that was never raised."""
    if trace is None and error.__cause__ is None:
        return None
    return "".join(format_exception(type(error), error, trace))
