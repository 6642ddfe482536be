"""What composing gives and what a relay answers, in SMTP's own terms (RFC 5321)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from typing_extensions import override

from app.domain.errors import MailerError
from app.domain.lean import lean


class Phase(StrEnum):
    """Where a dialogue stood. The last octet of the message divides BODY from FINAL."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    FINAL = "final"


@lean
@dataclass(frozen=True, slots=True)
class Envelope:
    """RFC 5321 envelope; `sender` is "" for `<>`, `envid` names the message in DSNs (RFC 3461)."""

    sender: str
    recipients: tuple[str, ...]
    smtputf8: bool = False
    envid: str | None = None


@lean
@dataclass(frozen=True, slots=True)
class Composed:
    """A message ready to be sent; `content` is 7-bit, CRLF line ends, not dot-stuffed."""

    envelope: Envelope
    content: bytes
    message_id: str


@lean
@dataclass(frozen=True, slots=True)
class Reply:
    """A relay's reply: `code` 200..599, `enhanced` like `5.1.1` (RFC 3463), lines joined."""

    code: int
    enhanced: str | None = None
    text: str = ""

    @override
    def __str__(self) -> str:
        return " ".join(part for part in (str(self.code), self.enhanced, self.text) if part)


@lean
@dataclass(frozen=True, slots=True)
class RecipientReply:
    """The answer that decides one recipient: `reply` None is loss or time-out in that phase."""

    address: str
    phase: Phase
    reply: Reply | None
    detail: str = ""


@lean
@dataclass(frozen=True, slots=True)
class SendReport:
    """What the relay said of each recipient of one message."""

    relay: str
    replies: tuple[RecipientReply, ...]
    seconds: float


class RelayUnavailable(MailerError):
    """Trouble before MAIL, whatever its code: the relay's, not the message's.

    No attempt was made; try again in `retry_in` seconds. `auth` marks refused credentials.
    """

    def __init__(self, relay: str, detail: str, *, retry_in: float, auth: bool = False) -> None:
        super().__init__(f"relay {relay} is not available: {detail}")
        self.relay = relay
        self.detail = detail
        self.retry_in = retry_in
        self.auth = auth


class NoRelay(MailerError):
    """No relay is configured for such a message: an operator has to add or open one."""

    def __init__(self, type_: str | None, sender_domain: str | None) -> None:
        asked = f"type {type_ or 'none'} and sender domain {sender_domain or 'none'}"
        super().__init__(f"no relay serves messages of {asked}; see SMTP_RELAYS")
