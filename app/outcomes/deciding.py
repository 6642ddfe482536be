"""What becomes of a message when an attempt at it has ended, or when there is to be none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain.job import RefusedAs
from app.domain.outcome import ErrorKind, Status, Verdict
from app.outcomes.case import Case
from app.outcomes.decision import Decision
from app.outcomes.ending import ending_of
from app.outcomes.fates import Fate, fates_of, overall
from app.outcomes.notes import notes_for
from app.outcomes.result import result_fields
from app.outcomes.writing import conclude, failure_of, is_kept, letter, letters_for

if TYPE_CHECKING:
    from random import Random

    from app.domain.job import Hop, MailJob, Refused
    from app.domain.outcome import Attempt, Withheld
    from app.domain.record import Headers
    from app.outcomes.decision import Routes, Unsent


def decide(
    job: MailJob,
    ended: Attempt | Withheld | BaseException | Unsent,
    routes: Routes,
    *,
    now_ms: int,
    rng: Random,
    queued_s: float = 0.0,
    context: Headers | None = None,
) -> Decision:
    """Decide each of the job's recipients: delivered, retried, dead, or settled unsent.

    What is temporary is retried while retries are left, a `bug` once. What the relay itself is to
    blame for (`relay_auth`, trouble before MAIL) uses up no retry and is never dead. No attempt
    comes before the delay that the relay stated. Recipients whose next attempt would not come
    before `expires_at` end at once, as `expired`. A recipient that `ended` says nothing of is
    taken for a bug of ours, never for delivered. What is written carries the trace's `context`,
    or else the record's own.
    """
    ending = ending_of(job, ended)
    fates, retry = fates_of(job, ending, routes.schedule, now_ms=now_ms, rng=rng)
    status = overall(fates)
    case = Case(
        job.claim,
        job.record,
        job.trail,
        job.message,
        job.trail.attempts + ending.made,
        attempt=ending.attempt,
        queued_s=queued_s,
        error=ending.error,
        context=context,
    )
    decision = conclude(
        case,
        status,
        fates,
        letters_for(case, fates, retry, routes, now_ms=now_ms),
        routes,
        now_ms=now_ms,
        telling=next(fate.verdict for fate in fates if fate.status is status),
        retry=retry,
    )
    notes = notes_for(case, fates, routes.suppressing, now_ms=now_ms)
    return replace(decision, notes=notes) if notes else decision


def decide_refused(
    refused: Refused, routes: Routes, *, now_ms: int, context: Headers | None = None
) -> Decision:
    """Invalid records are dead; expired ones are too only where there is no results topic."""
    invalid = refused.why is RefusedAs.INVALID
    status = Status.DEAD if invalid else Status.EXPIRED
    kind = ErrorKind.INVALID_MESSAGE if invalid else ErrorKind.EXPIRED
    telling = Verdict("", kind, permanent=True, detail=refused.reason)
    case = Case.of(refused, context)
    fates = [Fate(replace(telling, address=address), status) for address in case.recipients]
    kept = letter(
        case,
        routes.dead_letters,
        case.recipients,
        attempts=case.number,
        failure=failure_of(telling, now_ms),
    )
    letters = (kept,) if is_kept(status, routes) else ()
    return conclude(case, status, fates, letters, routes, now_ms=now_ms, telling=telling)


def decide_hop(
    hop: Hop, routes: Routes, *, now_ms: int, context: Headers | None = None
) -> Decision:
    """To the largest tier not above what remains of the wait: neither an attempt nor a result."""
    schedule = routes.schedule
    tier = schedule.tier_for((hop.not_before_ms - now_ms) / 1000)
    case = Case.of(hop, context)
    waiting = letter(
        case,
        schedule.topic(tier),
        case.recipients,
        attempts=case.number,
        failure=None,
        not_before_ms=hop.not_before_ms,
    )
    # As a result would have it, should the tier refuse the record.
    fields = result_fields(
        case,
        Status.RETRYING,
        [Fate(Verdict(address, None), Status.RETRYING) for address in case.recipients],
        telling=Verdict("", None),
        next_attempt_at_ms=hop.not_before_ms,
        now_ms=now_ms,
    )
    return Decision(
        claim=hop.claim,
        status=None,
        letters=(waiting,),
        next_attempt_at_ms=hop.not_before_ms,
        fields=fields,
    )
