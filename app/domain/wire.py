"""Names of the headers that the service writes (DESIGN 3.3); the producer's own are kept."""

from __future__ import annotations

from typing import Final

MAIL_ID: Final = "mail-id"
MAIL_ATTEMPT: Final = "mail-attempt"
MAIL_NOT_BEFORE: Final = "mail-not-before"
MAIL_FIRST_SEEN: Final = "mail-first-seen"
MAIL_ORIGIN: Final = "mail-origin"
MAIL_RECIPIENTS: Final = "mail-recipients"
MAIL_ERROR_KIND: Final = "mail-error-kind"
MAIL_ERROR_CODE: Final = "mail-error-code"
MAIL_ERROR_TEXT: Final = "mail-error-text"
MAIL_FAILED_AT: Final = "mail-failed-at"

PRIORITY: Final = "priority"
TYPE: Final = "type"

OURS: Final = frozenset(
    {
        MAIL_ID,
        MAIL_ATTEMPT,
        MAIL_NOT_BEFORE,
        MAIL_FIRST_SEEN,
        MAIL_ORIGIN,
        MAIL_RECIPIENTS,
        MAIL_ERROR_KIND,
        MAIL_ERROR_CODE,
        MAIL_ERROR_TEXT,
        MAIL_FAILED_AT,
    }
)
