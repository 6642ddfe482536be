"""The result of DESIGN 3.5: one for each retry and each final outcome."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import orjson

from app.domain.timestamps import rfc3339
from app.outcomes.text import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.outcome import Status, Verdict
    from app.outcomes.case import Case
    from app.outcomes.fates import Fate


def result_fields(
    case: Case,
    status: Status,
    fates: Sequence[Fate],
    *,
    telling: Verdict,
    next_attempt_at_ms: int | None,
    now_ms: int,
) -> dict[str, Any]:
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
