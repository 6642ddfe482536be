"""What becomes of a message that its retry topic can never take."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.domain import wire
from app.domain.outcome import ErrorKind, Status
from app.domain.timestamps import rfc3339
from app.domain.trace_context import carried
from app.outcomes.decision import Decision
from app.outcomes.headers import explained
from app.outcomes.text import one_line
from app.outcomes.writing import result_of

if TYPE_CHECKING:
    from app.domain.record import Outgoing
    from app.outcomes.decision import Routes


def decide_unparked(
    decision: Decision, letter: Outgoing, routes: Routes, *, now_ms: int
) -> Decision:
    """To the dead letters, with a result of its own: `letter` is too large for its retry topic.

    The result is about those alone who were to be tried again. Kind and code stay those of the
    failed attempt; a message that was only to wait has none, and is invalid here.
    """
    size = len(letter.value or b"")
    reason = f"retry topic {letter.topic} refuses {size} bytes, by its max.message.bytes"
    kind = decision.kind or ErrorKind.INVALID_MESSAGE
    fields = {
        **decision.fields,
        "status": Status.DEAD,
        "reply": one_line("; ".join(filter(None, (reason, decision.fields["reply"])))),
        "recipients": [
            {**each, "status": Status.DEAD}
            for each in decision.fields["recipients"]
            if each["status"] == Status.RETRYING
        ],
        "error_kind": kind,
        "next_attempt_at": None,
        "at": rfc3339(now_ms),
    }
    return Decision(
        claim=decision.claim,
        status=Status.DEAD,
        kind=kind,
        letters=(_dead(explained(letter, reason), kind, routes, now_ms),),
        result=result_of(fields, letter.lane, routes, carried(letter.headers)),
        fields=fields,
        template=decision.template,
        age_s=decision.age_s,
    )


def _dead(letter: Outgoing, kind: ErrorKind, routes: Routes, now_ms: int) -> Outgoing:
    dropped = {wire.MAIL_NOT_BEFORE, wire.MAIL_ERROR_KIND, wire.MAIL_FAILED_AT}
    headers = (
        *(header for header in letter.headers if header[0] not in dropped),
        (wire.MAIL_ERROR_KIND, kind.encode()),
        (wire.MAIL_FAILED_AT, b"%d" % now_ms),
    )
    return replace(letter, topic=routes.dead_letters, headers=headers)
