"""The result of DESIGN 3.5: one for each retry and each final outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence  # noqa: TC003 - the schema is made from them
from typing import TYPE_CHECKING, Annotated, Any

import orjson
from typing_extensions import Doc, TypedDict

from app.domain.outcome import ErrorKind, Status  # noqa: TC001 - as above
from app.domain.timestamps import rfc3339
from app.outcomes.text import one_line

if TYPE_CHECKING:
    from app.domain.outcome import Verdict
    from app.outcomes.case import Case
    from app.outcomes.fates import Fate


class RecipientResult(TypedDict):
    """What became of one recipient; `code` is what the relay answered, if it did."""

    address: str
    status: Status
    code: int | None


class Result(TypedDict):
    """What became of one attempt at a message."""

    id: Annotated[str, Doc("The message's own, else the place of its record.")]
    type: Annotated[str | None, Doc("The message's label.")]
    status: Annotated[Status, Doc("All but retrying are final.")]
    attempt: Annotated[int, Doc("Which attempt it is, or how many were made when none was.")]
    relay: Annotated[str | None, Doc("The relay that was asked.")]
    code: Annotated[int | None, Doc("Its reply's code.")]
    enhanced_code: Annotated[str | None, Doc("Its reply's enhanced status code (RFC 3463).")]
    reply: Annotated[str | None, Doc("Its reply's words, or what kept it from one.")]
    recipients: Annotated[list[RecipientResult], Doc("Each recipient of this attempt.")]
    message_id: Annotated[str | None, Doc("The mail's Message-ID.")]
    relay_id: Annotated[str | None, Doc("By what the relay knows the mail.")]
    queued_ms: Annotated[int, Doc("How long it waited in the service.")]
    send_ms: Annotated[int, Doc("How long sending took.")]
    origin: Annotated[str, Doc("The first record's topic/partition/offset.")]
    error_kind: Annotated[ErrorKind | None, Doc("Why it was not delivered.")]
    next_attempt_at: Annotated[str | None, Doc("When it is tried again (RFC 3339).")]
    tags: Annotated[Sequence[str], Doc("As the message has them.")]
    metadata: Annotated[Mapping[str, Any], Doc("As the message has it.")]
    at: Annotated[str, Doc("When this was written (RFC 3339).")]


def result_fields(
    case: Case,
    status: Status,
    fates: Sequence[Fate],
    *,
    telling: Verdict,
    next_attempt_at_ms: int | None,
    now_ms: int,
) -> Result:
    """The result as values that JSON can carry; `telling` is the verdict that explains it."""
    message, attempt, reply = case.message, case.attempt, telling.reply
    return {
        "id": case.mail_id,
        "type": message.type if message else None,
        "status": status,
        "attempt": case.number,
        "relay": (attempt.relay or None) if attempt else None,
        "code": reply.code if reply else None,
        "enhanced_code": reply.enhanced if reply else None,
        "reply": one_line((reply.text if reply else "") or telling.detail) or None,
        "recipients": [
            {
                "address": verdict.address,
                "status": fate,
                "code": verdict.reply.code if verdict.reply else None,
            }
            for verdict, fate in fates
        ],
        "message_id": (attempt.message_id or None) if attempt else None,
        "relay_id": attempt.relay_id if attempt else None,
        "queued_ms": round(case.queued_s * 1000),
        "send_ms": round(attempt.send_s * 1000) if attempt else 0,
        "origin": str(case.trail.origin),
        "error_kind": telling.kind,
        "next_attempt_at": None if next_attempt_at_ms is None else rfc3339(next_attempt_at_ms),
        "tags": message.tags if message else (),
        "metadata": message.metadata if message else {},
        "at": rfc3339(now_ms),
    }


def encode_result(fields: Mapping[str, Any]) -> bytes:
    try:
        return orjson.dumps(fields)
    except orjson.JSONEncodeError:
        # Producers' metadata may hold what orjson refuses and JSON allows: integers over 64 bits,
        # lone surrogates.
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":"), default=dict)
        return text.encode(errors="replace")
