"""One log line for each outcome of a message."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from app.domain.outcome import ErrorKind, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from app.domain.record import Outgoing
    from app.telemetry.lines import Lines

_OPERATOR_MUST_ACT: Final = frozenset({ErrorKind.SENDER, ErrorKind.RELAY_AUTH, ErrorKind.BUG})
_LEVELS: Final = {
    None: logging.DEBUG,
    Status.DELIVERED: logging.INFO,
    Status.RETRYING: logging.WARNING,
    Status.DEAD: logging.WARNING,
    Status.EXPIRED: logging.WARNING,
    Status.SUPPRESSED: logging.INFO,
    Status.DUPLICATE: logging.INFO,
}


class MailEvent(Protocol):
    """What telemetry needs of an outcome; status None is a message that merely waits on.

    `letters` go to retry topics and dead letters. `age_s`: since the message was first seen, or was
    to be sent; None where that is unknown.
    """

    @property
    def event(self) -> str: ...
    @property
    def status(self) -> Status | None: ...
    @property
    def kind(self) -> ErrorKind | None: ...
    @property
    def letters(self) -> Sequence[Outgoing]: ...
    @property
    def template(self) -> str | None: ...
    @property
    def age_s(self) -> float | None: ...
    @property
    def fields(self) -> Mapping[str, Any]: ...
    @property
    def error(self) -> BaseException | None: ...


class MailLog:
    """Writes `email.delivered`, `email.retrying`, `email.dead`, … with the result's fields.

    `heard` are told of every outcome besides. `lines` may be replaced while running.
    """

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.heard: list[Callable[[MailEvent], None]] = []

    def write(self, outcome: MailEvent) -> None:
        """Addresses come out by the policy of `configure_logging`."""
        fields = outcome.fields
        if outcome.error is not None:
            fields = {**fields, "exc_info": outcome.error}
        self.lines.write(level_of(outcome), "mail", outcome.event, fields)
        for hear in self.heard:
            hear(outcome)


def level_of(outcome: MailEvent) -> int:
    """Error where an operator must act, warning where a recipient has not got the message."""
    if outcome.kind in _OPERATOR_MUST_ACT:
        return logging.ERROR
    if outcome.status is Status.DELIVERED:
        recipients = outcome.fields["recipients"]
        if len(recipients) > 1 and any(each["status"] != outcome.status for each in recipients):
            return logging.WARNING
    return _LEVELS[outcome.status]
