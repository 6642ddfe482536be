"""How a run of a handler ends, and what becomes of its job."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from app.pool.errors import JobTimeout
from app.pool.outcome import Outcome
from app.pool.parking import extra_for
from app.pool.postpone import Postpone
from app.pool.result import JobResult, traceback_of
from app.pool.ticket import DONE

if TYPE_CHECKING:
    from app.pool.core import Core
    from app.pool.ticket import AnyTicket
    from app.pool.worker import Worker


def end_well(core: Core, worker: Worker, ticket: AnyTicket, value: object, ended: float) -> None:
    """The handler returned a value, which counts even after a cancellation."""
    run_s = ended - worker.started
    worker.let_go(run_s)
    if ticket.outcome is not None:
        return
    if core.gatekeeper is not None and core.gatekeeper.judges:
        core.gatekeeper.judge(worker, lambda: _attempt(worker, ticket, Outcome.OK, value, run_s))
    ticket.value = value
    ticket.state = DONE
    ticket.outcome = Outcome.OK
    ticket.worker = worker.number
    ticket.queued_s = queued_s = worker.started - ticket.entered
    ticket.run_s = run_s
    core.ok += 1
    core.busy -= 1
    if core.flowing:
        core.room += 1
    else:
        core.remeasure()
    if ticket.extra is not None:
        core.bytes_inside -= ticket.extra.size
    core.recorder.record(queued_s, run_s, ended)
    core.announce(ticket)


def end_badly(core: Core, worker: Worker, ticket: AnyTicket, error: BaseException) -> None:
    """The handler raised. Postponed, to be tried again, or at its end.

    KeyboardInterrupt and SystemExit go on, once the job is settled.
    """
    if isinstance(error, GeneratorExit) and not core.loop.is_running():
        raise error
    # The pool's own frame says nothing, and would keep the worker alive.
    error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
    run_s = core.now() - worker.started
    worker.let_go(run_s)
    if ticket.outcome is not None:
        return
    if isinstance(error, Postpone) and worker.reason is None:
        _postpone(core, worker, ticket, error.seconds, run_s)
        return
    _fail(core, worker, ticket, error, run_s)
    if isinstance(error, KeyboardInterrupt | SystemExit):
        raise error


def _postpone(core: Core, worker: Worker, ticket: AnyTicket, seconds: float, run_s: float) -> None:
    if core.gatekeeper is not None:
        core.gatekeeper.release(worker)
    core.postponed += 1
    extra_for(ticket).attempts -= 1
    _put_back(core, worker, ticket, seconds, run_s)
    if core.hooks is not None:
        core.hooks.postponed(ticket, seconds)


def _fail(
    core: Core, worker: Worker, ticket: AnyTicket, error: BaseException, run_s: float
) -> None:
    worker.failures += 1
    outcome = worker.reason or Outcome.FAILED
    own: BaseException | None = error
    if worker.reason is not None and isinstance(error, asyncio.CancelledError | Postpone):
        own = None
    seen = own
    if outcome is Outcome.TIMEOUT:
        seen = JobTimeout(f"{ticket.job_id} did not end in the time it had")
        seen.__cause__ = own
    if core.gatekeeper is not None:
        if outcome in _JUDGED:
            core.gatekeeper.judge(worker, lambda: _attempt(worker, ticket, outcome, seen, run_s))
        else:
            core.gatekeeper.release(worker)
    delay = _retry_delay(core, ticket, outcome, seen)
    if delay is not None:
        core.retried += 1
        extra_for(ticket).last_error = seen
        _put_back(core, worker, ticket, delay, run_s)
        if core.hooks is not None:
            core.hooks.retried(ticket, delay)
        return
    now = worker.started + run_s
    ticket.worker = worker.number
    ticket.queued_s = worker.started - ticket.entered
    ticket.run_s = run_s
    core.recorder.record(ticket.queued_s, run_s, now)
    core.settle(ticket, outcome, own)


_JUDGED = frozenset({Outcome.OK, Outcome.FAILED, Outcome.TIMEOUT})


def _retry_delay(
    core: Core, ticket: AnyTicket, outcome: Outcome, seen: BaseException | None
) -> float | None:
    policy = core.config.retry
    if policy is None or seen is None or core.stopping.forced:
        return None
    if outcome is not Outcome.FAILED and outcome is not Outcome.TIMEOUT:
        return None
    extra = ticket.extra
    if outcome is Outcome.TIMEOUT and extra is not None and core.now() >= extra.deadline:
        return None
    try:
        return policy.next_delay(extra.attempts if extra is not None else 1, seen)
    except Exception:  # noqa: BLE001 - counted; the job then ends with its own error
        core.callback_failed("retry_if")
        return None


def _put_back(core: Core, worker: Worker, ticket: AnyTicket, seconds: float, run_s: float) -> None:
    extra = extra_for(ticket)
    extra.queued_s += worker.started - ticket.entered
    extra.run_s += run_s
    extra.worker = worker.number
    core.stop_running()
    core.parking.put_back(ticket, seconds)
    core.room -= 1
    if core.room <= 0:
        # Paused, or with fewer workers to come, the job takes a place and leaves none.
        core.door.review()
    if not core.queued and not core.busy:
        core.rest()


def _attempt(
    worker: Worker,
    ticket: AnyTicket,
    outcome: Outcome,
    brought: object,
    run_s: float,
) -> JobResult[Any, Any]:
    """One attempt as `counts_if` sees it, which may not be the job's last."""
    error = brought if isinstance(brought, BaseException) and outcome is not Outcome.OK else None
    return JobResult(
        ticket.job_id,
        ticket.job,
        outcome,
        brought if outcome is Outcome.OK else None,
        error,
        None if error is None else traceback_of(error, error.__traceback__),
        ticket.extra.attempts if ticket.extra is not None else 1,
        ticket.priority,
        worker.started - ticket.entered,
        run_s,
        worker.number,
    )
