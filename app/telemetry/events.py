"""The events with names and fields that stay, as the documentation tells of them."""

from __future__ import annotations

from typing import Final

FRAME: Final = {
    "timestamp": "when, in UTC",
    "level": "`debug`, `info`, `warning`, `error` or `critical`",
    "logger": "which part says it; `mail`, `pool` and `admin` have the events with names",
    "event": "the event's name, or what happened in words",
    "origin": "of a line about a message: `topic/partition/offset` of its first record. It stays "
    "the same over retries and replays, and stands in results and in the header `mail-origin`",
    "trace_id": "of a line about a message whose trace is recorded: the trace",
    "repeated": "the same was said so many times more since the last such line",
    "exception": "the traceback; where a message was in hand without the exception's words, which "
    "may quote it",
}

MAIL: Final = {
    "email.delivered": "a relay has taken it for those recipients",
    "email.retrying": "it is tried again, at `next_attempt_at`",
    "email.dead": "it is given up and stands in the dead letters; at error level where an operator "
    "must act",
    "email.expired": "its `expires_at` or `EMAIL_TTL` was over first",
    "email.suppressed": "nobody is left to whom mail may go",
    "email.duplicate": "it was delivered before",
    "email.waiting": "it is not due yet and waits in a retry topic; no attempt was made",
}

MAIL_FIELDS: Final = {
    "id": "the message's",
    "type": "the message's label",
    "status": "as in the event's name; of a message that waits `retrying`",
    "attempt": "how many were made",
    "relay": "the relay that was asked",
    "code": "its reply's code",
    "enhanced_code": "its reply's enhanced code",
    "reply": "its words, or the reason where it was not asked",
    "recipients": "`address`, by `LOG_ADDRESSES`, `status` and `code` of each",
    "message_id": "header Message-ID",
    "relay_id": "what the relay calls it",
    "queued_ms": "how long it waited for a worker",
    "send_ms": "how long the relay took",
    "origin": "see above",
    "error_kind": "why it was not delivered",
    "next_attempt_at": "when it is tried again",
    "tags": "the producer's",
    "metadata": "the producer's",
    "at": "when it was decided",
}

POOL_STATS: Final = (
    "the worker pool's numbers, each minute in which it had work; fields as `pool` of `/stats`"
)
ADMIN: Final = (
    "what an operator did, at every `LOG_LEVEL`; `who` and `peer` say who it was and from where"
)
