"""How a reply is judged: the rows of the classification table, as data.

The first row that matches decides. The order: authentication; before MAIL; a code named for its
phase; a code named for any phase; the rest. `RecipientReply.reply` None, a loss or time-out, has
the code `LOST`. An enhanced code is compared with its class set to that of the three-digit code,
which alone decides between temporary and permanent (RFC 5321 section 4.2.1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.outcome import ErrorKind
from app.domain.smtp import Phase

if TYPE_CHECKING:
    from collections.abc import Container

LOST: Final = 0
BARE: Final = ""
"""In `Rule.enhanced`: the reply carries no enhanced code."""

QUOTA_REST_S: Final = 3600.0
"""How long a relay whose daily quota is used up is left alone."""

PERMANENT: Final = frozenset(
    {
        ErrorKind.INVALID_MESSAGE,
        ErrorKind.RECIPIENT,
        ErrorKind.POLICY,
        ErrorKind.CONTENT,
        ErrorKind.SENDER,
    }
)
"""The kinds that no retry helps."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a reply says, in any of these ways; `name` is how the documentation calls it."""

    name: str
    pattern: re.Pattern[str]

    def found_in(self, text: str) -> bool:
        return self.pattern.search(text) is not None


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what has to match, and what follows.

    `enhanced` lists codes, `5.7.x` for a whole subject, or `BARE`; None matches any. `text` must,
    and `unless` must not, be found in the reply's words. `idle` rows hold only while the relay has
    not accepted anything lately. `suppress`: later mail to this address should not be tried.
    `rest_s`: the wait where the reply states none.
    """

    phases: Container[Phase]
    codes: Container[int]
    kind: ErrorKind
    enhanced: frozenset[str] | None = None
    text: Words | None = None
    unless: Words | None = None
    idle: bool = False
    suppress: bool = False
    rest_s: float | None = None


def _words(name: str, *alternatives: str) -> Words:
    return Words(name, re.compile("|".join(alternatives), re.IGNORECASE))


def _codes(*codes: str) -> frozenset[str]:
    return frozenset(codes)


GREYLISTED: Final = _words("greylisted", r"gr[ae]y[- ]?list", r"postgrey")
THROTTLED: Final = _words("throttled", r"throttl", r"sending rate", r"rate exceeded", r"rate limit")
DAILY_QUOTA: Final = _words(
    "daily quota",
    r"\bdaily\b.{0,40}\b(?:quota|limit)",
    r"\b(?:quota|limit)\b.{0,40}(?:\bdaily\b|\bper day\b|\b24[- ]hour)",
    r"submission ?quota ?exceeded",  # Exchange's, for what one mailbox sends in a day
)
TOO_MANY_CONNECTIONS: Final = _words(
    "too many connections",
    r"too many (?:concurrent |simultaneous |open )?(?:smtp )?(?:connections|sessions)",
    r"concurrent (?:smtp )?connections?\b.{0,20}(?:limit|exceed)",
)
RELAYING_DENIED: Final = _words(
    "relaying denied",
    r"relay access denied",
    r"relaying (?:is )?(?:denied|not allowed|prohibited|not permitted)",
    r"(?:unable|not permitted|not allowed|cannot|refused?) to relay",
    r"relay not permitted",
    r"client host rejected: access denied",  # Postfix's submission service without AUTH
)
UNKNOWN_USER: Final = _words(
    "unknown user",
    r"(?:user|recipient|mailbox|account|address)\b.{0,60}\b(?:unknown|not found|unavailable"
    r"|not exist|doesn't exist|doesn't have)",
    r"(?:unknown|invalid|no such) (?:local )?(?:user|recipient|mailbox|account|address)",
)
OF_THE_SENDER: Final = _words("sender", r"\bsender\b", r"\bfrom\b.{0,20}\baddress")

_ANY: Final = range(1, 1000)
_4XX: Final = range(400, 500)
_4XX_BUT_421: Final = frozenset(_4XX) - {421}
_5XX: Final = range(500, 600)

_AUTH: Final = frozenset({Phase.AUTH})
_BEFORE_MAIL: Final = frozenset(
    {Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH}
)
_MAIL: Final = frozenset({Phase.MAIL})
_RCPT: Final = frozenset({Phase.RCPT})
_MESSAGE: Final = frozenset({Phase.DATA, Phase.BODY, Phase.FINAL})
_DATA: Final = frozenset({Phase.DATA})
_FINAL: Final = frozenset({Phase.FINAL})
_FROM_MAIL: Final = _MAIL | _RCPT | _MESSAGE
_EVERY: Final = frozenset(Phase)

_NO_MEANING: Final = _codes(BARE, "5.0.0", "5.1.0", "5.3.0", "5.5.0", "5.5.1")

_K = ErrorKind

TABLE: Final[tuple[Rule, ...]] = (
    # Loss and time-out: the last octet divides.
    Rule(_FINAL, {LOST}, _K.AMBIGUOUS),
    Rule(_EVERY, {LOST}, _K.CONNECTION),
    # Authentication. SES says 454 for throttling too.
    Rule(_AUTH, _ANY, _K.RELAY_AUTH),
    Rule(_EVERY, {530, 534, 535}, _K.RELAY_AUTH),
    Rule(_EVERY, {454}, _K.RELAY_AUTH, _codes("4.7.0"), unless=THROTTLED),
    # Before MAIL, whatever the code: the relay's trouble.
    Rule(_BEFORE_MAIL, _ANY, _K.CONNECTION),
    # Codes named for their phase.
    Rule(_MAIL, {552}, _K.CONTENT),
    Rule(_MAIL, _5XX, _K.CONTENT, _codes("5.3.4")),
    Rule(_RCPT, _5XX, _K.RECIPIENT, _codes("5.1.1", "5.1.6", "5.1.10", "5.2.1"), suppress=True),
    Rule(_RCPT, _5XX, _K.RECIPIENT, _codes("5.1.2", "5.1.3", "5.2.2")),
    # A relay that refuses to relay at all knows us no longer; 454 is Postfix's default for it.
    Rule(_FROM_MAIL, {454, 550, 554}, _K.RELAY_AUTH, text=RELAYING_DENIED, idle=True),
    Rule(_FROM_MAIL, _5XX, _K.RATE_LIMITED, text=DAILY_QUOTA, rest_s=QUOTA_REST_S),
    Rule(_RCPT, {550}, _K.RECIPIENT, _codes(BARE)),
    Rule(_RCPT, {551}, _K.RECIPIENT),
    Rule(_RCPT, {553}, _K.SENDER, _codes("5.7.1")),
    # Half of the servers that know no enhanced code for an unknown user invent one.
    Rule(
        _RCPT,
        {550, 554},
        _K.RECIPIENT,
        _NO_MEANING,
        text=UNKNOWN_USER,
        unless=OF_THE_SENDER,
    ),
    # That the commands came in a wrong order is nothing that the message did.
    Rule(_MESSAGE, {502, 503}, _K.CONNECTION),
    Rule(_DATA, _5XX, _K.CONNECTION, _codes("5.5.1")),
    # Some count the recipient's mailbox after the dot only.
    Rule(_MESSAGE, _5XX, _K.RECIPIENT, _codes("5.2.2")),
    Rule(_MESSAGE, {552}, _K.CONTENT),
    Rule(_MESSAGE, _5XX, _K.CONTENT, _codes("5.2.3", "5.3.4", "5.5.x", "5.6.x")),
    # 421 ends the connection, whatever follows it, so that it speaks of the relay.
    Rule(_FROM_MAIL, _4XX_BUT_421, _K.TEMPORARY, _codes("4.2.x")),
    # Codes named for any phase.
    Rule(_FROM_MAIL, {550}, _K.RATE_LIMITED, _codes("5.4.5"), rest_s=QUOTA_REST_S),
    Rule(_FROM_MAIL, _4XX, _K.RATE_LIMITED, text=DAILY_QUOTA, rest_s=QUOTA_REST_S),
    Rule(_FROM_MAIL, _4XX, _K.TEMPORARY, text=GREYLISTED),
    Rule(_FROM_MAIL, {421}, _K.RATE_LIMITED),
    Rule(_FROM_MAIL, {450}, _K.RATE_LIMITED, _codes("4.7.1")),
    Rule(_FROM_MAIL, {451}, _K.RATE_LIMITED, _codes("4.7.x")),
    Rule(_FROM_MAIL, {452}, _K.RATE_LIMITED, _codes("4.3.1")),
    Rule(_FROM_MAIL, {454}, _K.RATE_LIMITED, text=THROTTLED),
    Rule(_FROM_MAIL, _4XX, _K.RATE_LIMITED, text=TOO_MANY_CONNECTIONS),
    Rule(_FROM_MAIL, _5XX, _K.SENDER, _codes("5.1.7", "5.1.8", "5.7.27")),
    Rule(_FROM_MAIL, _5XX, _K.CONTENT, _codes("5.6.7")),
    Rule(_FROM_MAIL, {500, 502, 503, 504}, _K.CONNECTION),
    # The rest.
    Rule(_FROM_MAIL, _4XX, _K.TEMPORARY),
    Rule(_MAIL, _5XX, _K.SENDER),
    Rule(_RCPT, {553}, _K.RECIPIENT),
    Rule(_RCPT, _5XX, _K.POLICY),
    Rule(_MESSAGE, _5XX, _K.POLICY),
    # A reply that the protocol does not allow there.
    Rule(_FINAL, _ANY, _K.AMBIGUOUS),
    Rule(_EVERY, _ANY, _K.CONNECTION),
)
