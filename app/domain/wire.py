"""Names of the headers that the service writes (DESIGN 3.3); the producer's own are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

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

ABOUT: Final[Mapping[str, str]] = {
    MAIL_ID: "the message's id",
    MAIL_ATTEMPT: "attempts made",
    MAIL_NOT_BEFORE: "when it may be tried again (epoch ms)",
    MAIL_FIRST_SEEN: "when its first record was written (epoch ms)",
    MAIL_ORIGIN: "topic/partition/offset of its first record",
    MAIL_RECIPIENTS: "whom it concerns, where not all (JSON)",
    MAIL_ERROR_KIND: "why it was not delivered",
    MAIL_ERROR_CODE: "the relay's codes, like 550 5.1.1",
    MAIL_ERROR_TEXT: "the relay's words",
    MAIL_FAILED_AT: "when it failed (epoch ms)",
}
OURS: Final = frozenset(ABOUT)
