"""What each fault of a relay leads to, written by hand from what the service promises.

The tests try every line of it against a server that has the fault; `docs/mail.md` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.domain.outcome import ErrorKind
from tests.contract.mail.modes import IN_CHUNKS, IN_ONE_FLIGHT, MODES


class Fate(StrEnum):
    """What becomes of the message."""

    DELIVERED = "delivered"
    WAITS = "waits"
    WAITS_ONCE = "waits once, then next retry"
    RETRIED = "next retry"
    DEAD = "dead"
    SUPPRESSED = "dead, address suppressed"


class After(StrEnum):
    """What becomes of the connection."""

    NEVER_OPEN = "-"
    KEPT = "kept"
    RESET = "kept, RSET comes first"
    CLOSED = "closed"


class Relay(StrEnum):
    """What it means for the relay: one of the failures in a row, or at once."""

    NOTHING = "-"
    COUNTS = "counts as a failure"
    LEFT_ALONE = "breaker opens"
    LIMITED = "counts towards its limit"
    FEWER = "gets fewer connections"
    RESTS_LONG = "rests an hour"


@dataclass(frozen=True, slots=True)
class Row:
    """Each of the faults in each of the phases leads to this; a kind of None is success.

    `modes`: the ways of speaking in which it does, where not in all.
    """

    phases: tuple[str, ...]
    faults: tuple[str, ...]
    kind: ErrorKind | None
    fate: Fate
    after: After
    relay: Relay = Relay.NOTHING
    modes: tuple[str, ...] = ()


REFUSALS: Final = ("5xx", "5xx in several lines")
SILENCES: Final = (
    *("time-out", "close", "close within a reply", "reset"),
    *("garbage", "out of place", "endless line", "endless trickle"),
)
SLOW: Final = ("slow, but in time",)
EVERYWHERE: Final = ("4xx", *REFUSALS, "421", *SILENCES, *SLOW)
NO_CREDIT: Final = ("530", "534", "535", "454 4.7.0")
NOT_FOLLOWED: Final = ("500", "502", "503", "504")
TOO_FAST: Final = ("450 4.7.1", "451 4.7.x", "452 4.3.1", "454 throttled")

ENDS: Final = ("close", "close within a reply", "reset")

UNREACHABLE: Final = ("connect",)
OPENING: Final = ("greeting", "EHLO", "STARTTLS")
AUTH: Final = ("AUTH",)
MAIL: Final = ("MAIL",)
RCPT: Final = ("RCPT",)
DATA: Final = ("DATA",)
MESSAGE: Final = ("message",)
BDAT: Final = ("BDAT",)
CHUNK: Final = ("first chunk",)
DOT: Final = ("final dot",)
BEFORE_DOT: Final = MAIL + RCPT + DATA + MESSAGE
SINCE_MAIL: Final = BEFORE_DOT + DOT
PHASES: Final = OPENING + AUTH + SINCE_MAIL
BETWEEN: Final = MAIL + RCPT + DATA + DOT
"""Where a reply is awaited, so that what follows it is in step."""

_K = ErrorKind
_AT_A_STRETCH: Final = tuple(mode for mode in MODES if mode != IN_CHUNKS)

TABLE: Final = (
    # Before MAIL it is the relay's trouble, whatever is said.
    Row(UNREACHABLE, ("refused",), _K.CONNECTION, Fate.WAITS, After.NEVER_OPEN, Relay.COUNTS),
    Row(OPENING, ("4xx", *REFUSALS, "421", *SILENCES), _K.CONNECTION, Fate.WAITS, After.CLOSED,
        Relay.COUNTS),
    Row(("STARTTLS",), ("untrusted certificate",), _K.CONNECTION, Fate.WAITS, After.CLOSED,
        Relay.COUNTS),
    # What only an operator can mend; a relay that cannot look us up for now says 4xx.
    Row(AUTH, REFUSALS, _K.RELAY_AUTH, Fate.WAITS, After.CLOSED, Relay.LEFT_ALONE),
    Row(OPENING + AUTH + BETWEEN, NO_CREDIT, _K.RELAY_AUTH, Fate.WAITS, After.CLOSED,
        Relay.LEFT_ALONE),
    Row(RCPT, ("550 Relay access denied", "554 Relay access denied"), _K.RELAY_AUTH, Fate.WAITS,
        After.CLOSED, Relay.LEFT_ALONE),
    Row(AUTH, ("4xx", "421", *SILENCES), _K.CONNECTION, Fate.WAITS, After.CLOSED, Relay.COUNTS),
    # From MAIL on the message was offered: an attempt.
    Row(BETWEEN, ("4xx", "450 4.2.0", "greylisted"), _K.TEMPORARY, Fate.RETRIED, After.RESET),
    Row(RCPT, ("452 4.5.3", "450 5.1.1"), _K.TEMPORARY, Fate.RETRIED, After.RESET),
    Row(SINCE_MAIL, ("421",), _K.RATE_LIMITED, Fate.WAITS_ONCE, After.CLOSED, Relay.LIMITED),
    Row(BETWEEN, TOO_FAST, _K.RATE_LIMITED, Fate.WAITS_ONCE, After.RESET, Relay.LIMITED),
    Row(BETWEEN, ("too many connections",), _K.RATE_LIMITED, Fate.WAITS_ONCE, After.RESET,
        Relay.FEWER),
    Row(BETWEEN, ("daily quota", "550 5.4.5"), _K.RATE_LIMITED, Fate.WAITS_ONCE, After.RESET,
        Relay.RESTS_LONG),
    # What no retry helps, told by its phase where its code says no more.
    Row(MAIL, REFUSALS, _K.SENDER, Fate.DEAD, After.RESET),
    Row(RCPT + DATA + DOT, REFUSALS, _K.POLICY, Fate.DEAD, After.RESET),
    Row(RCPT, ("550 5.1.1", "550 5.1.6", "550 5.1.10", "550 5.2.1"), _K.RECIPIENT,
        Fate.SUPPRESSED, After.RESET),
    Row(RCPT, ("550", "550 5.1.2", "550 5.1.3", "552 5.2.2", "551", "553", "550 4.1.1"),
        _K.RECIPIENT, Fate.DEAD, After.RESET),
    Row(RCPT, ("553 5.7.1",), _K.SENDER, Fate.DEAD, After.RESET),
    Row(BETWEEN, ("550 5.1.7", "550 5.1.8", "550 5.7.27"), _K.SENDER, Fate.DEAD, After.RESET),
    Row(MAIL + DATA + DOT, ("552", "552 5.3.4"), _K.CONTENT, Fate.DEAD, After.RESET),
    Row(DATA + DOT, ("550 5.2.3", "554 5.5.4", "554 5.6.0"), _K.CONTENT, Fate.DEAD, After.RESET),
    # A refusal while the message is being written: the rest of it can only be cut off.
    Row(MESSAGE, ("4xx",), _K.TEMPORARY, Fate.RETRIED, After.CLOSED, modes=_AT_A_STRETCH),
    Row(MESSAGE, REFUSALS, _K.POLICY, Fate.DEAD, After.CLOSED, modes=_AT_A_STRETCH),
    # A relay that does not follow, or does not answer.
    Row(BETWEEN, NOT_FOLLOWED, _K.CONNECTION, Fate.RETRIED, After.CLOSED),
    Row(BEFORE_DOT, SILENCES, _K.CONNECTION, Fate.RETRIED, After.CLOSED),
    # After the last octet only the relay knows whether it has the message.
    Row(DOT, SILENCES, _K.AMBIGUOUS, Fate.RETRIED, After.CLOSED),
    Row(PHASES, SLOW, None, Fate.DELIVERED, After.KEPT),
)  # fmt: skip
"""On a fresh connection, to a relay that has taken nothing lately."""

ON_A_KEPT_CONNECTION: Final = (
    # It says more of the connection than of the message, which goes on a fresh one at once.
    Row(MAIL, ("421",), None, Fate.DELIVERED, After.CLOSED),
    Row(BEFORE_DOT, ENDS, None, Fate.DELIVERED, After.CLOSED),
    Row(BEFORE_DOT, ("time-out", "garbage"), _K.CONNECTION, Fate.RETRIED, After.CLOSED),
    Row(DOT, ("time-out", "garbage", *ENDS), _K.AMBIGUOUS, Fate.RETRIED, After.CLOSED),
    # A relay that took mail a moment ago means this one.
    Row(RCPT, ("550 Relay access denied", "554 Relay access denied"), _K.POLICY, Fate.DEAD,
        After.RESET),
)  # fmt: skip
"""On one that has carried a message a moment ago, where it differs."""

_BOTH: Final = (IN_ONE_FLIGHT, IN_CHUNKS)
_FLIGHT: Final = (IN_ONE_FLIGHT,)
_CHUNKS: Final = (IN_CHUNKS,)

WITH_CHUNKING: Final = (
    # The last octet is out before anything is answered.
    Row(MAIL + RCPT, SILENCES, _K.AMBIGUOUS, Fate.RETRIED, After.CLOSED, modes=_FLIGHT),
    # Who offers BDAT and does not know it gets the message by DATA.
    Row(BDAT, (*NOT_FOLLOWED, "garbage"), None, Fate.DELIVERED, After.CLOSED, modes=_BOTH),
    Row(CHUNK, ("garbage", "out of place", "endless line"), None, Fate.DELIVERED, After.CLOSED,
        modes=_CHUNKS),
    Row(CHUNK, ("4xx",), _K.TEMPORARY, Fate.RETRIED, After.RESET, modes=_CHUNKS),
    Row(CHUNK, REFUSALS, _K.POLICY, Fate.DEAD, After.RESET, modes=_CHUNKS),
    Row(CHUNK, ("552 5.3.4",), _K.CONTENT, Fate.DEAD, After.RESET, modes=_CHUNKS),
    Row(CHUNK, ("421",), _K.RATE_LIMITED, Fate.WAITS_ONCE, After.CLOSED, Relay.LIMITED,
        modes=_CHUNKS),
    Row(CHUNK, ("time-out", "endless trickle", *ENDS), _K.CONNECTION, Fate.RETRIED, After.CLOSED,
        modes=_CHUNKS),
)  # fmt: skip
"""With CHUNKING, where it differs; in one flight on fresh and on kept connections alike."""

# By the name of the place where docs/mail.md shows each.
TABLES: Final = {"fresh": TABLE, "kept": ON_A_KEPT_CONNECTION, "chunking": WITH_CHUNKING}
