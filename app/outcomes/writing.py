"""From fates to the records that have to be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.domain.outcome import Status
from app.domain.record import Outgoing
from app.domain.trace_context import carried
from app.outcomes.decision import Decision
from app.outcomes.headers import Failure, marked
from app.outcomes.result import encode_result, result_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.outcome import Verdict
    from app.domain.record import Headers
    from app.outcomes.case import Case
    from app.outcomes.decision import Routes
    from app.outcomes.fates import Fate, Retry


def letter(
    case: Case,
    topic: str,
    recipients: Sequence[str],
    *,
    attempts: int,
    failure: Failure | None,
    not_before_ms: int | None = None,
) -> Outgoing:
    """The record as it came, key and value untouched, for the `recipients` that remain."""
    partial = case.message is None or set(recipients) != set(case.everybody)
    return Outgoing(
        topic=topic,
        lane=case.trail.origin.partition,
        key=case.record.key,
        value=case.record.value,
        headers=marked(
            case.record.headers,
            mail_id=case.mail_id,
            trail=case.trail,
            attempts=attempts,
            recipients=(recipients or None) if partial else None,
            failure=failure,
            not_before_ms=not_before_ms,
            context=case.context,
        ),
    )


def letters_for(
    case: Case, fates: Sequence[Fate], retry: Retry | None, routes: Routes, *, now_ms: int
) -> tuple[Outgoing, ...]:
    """One record for those that are retried, and one for those that end with the same status."""
    if len(fates) == 1 and fates[0].status is Status.DELIVERED:
        return ()
    groups: dict[Status, list[Verdict]] = {}
    for fate in fates:
        if is_kept(fate.status, routes):
            groups.setdefault(fate.status, []).append(fate.verdict)
    written = []
    for status, verdicts in groups.items():
        recipients = [verdict.address for verdict in verdicts]
        failure = failure_of(verdicts[0], now_ms)
        if retry is not None and status is Status.RETRYING:
            written.append(
                letter(
                    case,
                    retry.topic,
                    recipients,
                    attempts=retry.attempts,
                    failure=failure,
                    not_before_ms=retry.at_ms,
                )
            )
        else:
            written.append(
                letter(case, routes.dead_letters, recipients, attempts=case.number, failure=failure)
            )
    return tuple(written)


def conclude(
    case: Case,
    status: Status,
    fates: Sequence[Fate],
    letters: tuple[Outgoing, ...],
    routes: Routes,
    *,
    now_ms: int,
    telling: Verdict,
    retry: Retry | None = None,
) -> Decision:
    """`telling` is the verdict that explains the status in the result."""
    next_at = retry.at_ms if retry else None
    fields = result_fields(
        case, status, fates, telling=telling, next_attempt_at_ms=next_at, now_ms=now_ms
    )
    return Decision(
        claim=case.claim,
        status=status,
        kind=telling.kind,
        letters=letters,
        result=result_of(
            fields,
            case.trail.origin.partition,
            routes,
            carried(case.record.headers) if case.context is None else case.context,
        ),
        next_attempt_at_ms=next_at,
        fields=fields,
        template=case.message.template if case.message else None,
        age_s=case.age_s(now_ms),
        error=case.error,
    )


def result_of(
    fields: Mapping[str, Any], lane: int, routes: Routes, context: Headers
) -> Outgoing | None:
    """The record for the results topic, in its trace's context; None where there is none."""
    if routes.results is None:
        return None
    key = str(fields["id"]).encode(errors="replace")
    return Outgoing(routes.results, lane, key, encode_result(fields), context)


def failure_of(verdict: Verdict, now_ms: int) -> Failure:
    return Failure(verdict.kind, verdict.reply, verdict.detail, now_ms)


def is_kept(status: Status, routes: Routes) -> bool:
    """Whether a recipient that ends so has its message written on, and not only a result."""
    if status is Status.DELIVERED:
        return False
    return status in {Status.RETRYING, Status.DEAD} or routes.results is None
