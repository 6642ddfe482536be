"""One base for all errors that the service raises itself."""

from __future__ import annotations


class MailerError(Exception):
    """Base of every error of ours."""


class InvalidMessage(MailerError):
    """A record or message that can never be sent; `field` names what is wrong (a JSON path)."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason


class ServerUnreachable(MailerError):
    """A server that the command needs did not answer in time (exit code 3)."""


class Fatal(MailerError):
    """The service cannot go on without an operator; the text says what to do (exit code 1)."""
