"""The `mail-*` headers of retry and dead-letter records (DESIGN 3.3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import orjson

from app.domain import trace_context, wire
from app.outcomes.text import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.job import Trail
    from app.domain.outcome import ErrorKind
    from app.domain.record import Headers, Outgoing
    from app.domain.smtp import Reply

_OF_THE_FAILURE: Final = frozenset(
    {wire.MAIL_ERROR_KIND, wire.MAIL_ERROR_CODE, wire.MAIL_ERROR_TEXT, wire.MAIL_FAILED_AT}
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a record is where it is now; what is unknown has no header. `at_ms` is epoch time."""

    kind: ErrorKind | None
    reply: Reply | None
    detail: str
    at_ms: int


def marked(
    headers: Headers,
    *,
    mail_id: str,
    trail: Trail,
    attempts: int,
    recipients: Sequence[str] | None,
    failure: Failure | None,
    not_before_ms: int | None = None,
    context: Headers | None = None,
) -> Headers:
    """The producer's headers, as they are and in their order, then ours, each written anew.

    `recipients` None means all of the message's. Without a `failure` what the previous one wrote
    is kept, without a trace's `context` that of the record.
    """
    replaced = wire.OURS if failure else wire.OURS - _OF_THE_FAILURE
    if context is not None:
        replaced |= trace_context.NAMES
    kept = [header for header in headers if header[0] not in replaced]
    ours = [
        (wire.MAIL_ID, _text(mail_id)),
        (wire.MAIL_ATTEMPT, _number(attempts)),
        (wire.MAIL_FIRST_SEEN, _number(trail.first_seen_ms)),
        (wire.MAIL_ORIGIN, _text(str(trail.origin))),
    ]
    if not_before_ms is not None:
        ours.append((wire.MAIL_NOT_BEFORE, _number(not_before_ms)))
    if recipients is not None:
        ours.append((wire.MAIL_RECIPIENTS, orjson.dumps(list(recipients))))
    if failure is not None:
        ours += _of(failure)
    return (*kept, *ours, *(context or ()))


def without_value(letter: Outgoing) -> Outgoing:
    """A dead letter that its topic refuses as too large: `mail-origin` tells where its value is."""
    return replace(explained(letter, "value left out, too large for this topic"), value=None)


def explained(letter: Outgoing, why: str) -> Outgoing:
    """`why` it stands where it does, before what its `mail-error-text` says already."""
    told = dict(letter.headers).get(wire.MAIL_ERROR_TEXT, b"").decode(errors="replace")
    text = one_line("; ".join(filter(None, (why, told))))
    kept = tuple(header for header in letter.headers if header[0] != wire.MAIL_ERROR_TEXT)
    return replace(letter, headers=(*kept, (wire.MAIL_ERROR_TEXT, _text(text))))


def _of(failure: Failure) -> Headers:
    reply = failure.reply
    code = f"{reply.code} {reply.enhanced or ''}".rstrip() if reply else ""
    text = one_line((reply.text if reply else "") or failure.detail)
    found = (
        (wire.MAIL_ERROR_KIND, _text(failure.kind or "")),
        (wire.MAIL_ERROR_CODE, _text(code)),
        (wire.MAIL_ERROR_TEXT, _text(text)),
        (wire.MAIL_FAILED_AT, _number(failure.at_ms)),
    )
    return tuple(header for header in found if header[1])


def _text(text: str) -> bytes:
    return text.encode(errors="replace")


def _number(number: int) -> bytes:
    return b"%d" % number
