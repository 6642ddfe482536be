"""What each fault of a relay leads to, written by hand from what the service promises.

The tests try every line of it against a server that has the fault; `docs/mail.md` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.domain.outcome import ErrorKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGE: Final = Path(__file__).parents[3] / "docs" / "mail.md"
BEGIN: Final = "<!-- Made by `make reference` from tests/contract/mail/fault_table.py -->\n"
END: Final = "<!-- end of the table -->\n"


class Fate(StrEnum):
    """What becomes of the message."""

    DELIVERED = "delivered"
    WAITS = "waits"
    WAITS_ONCE = "waits once, then next retry"
    RETRIED = "next retry"
    DEAD = "dead"


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
    RESTS = "rests 0.5 s"


@dataclass(frozen=True, slots=True)
class Row:
    """Each of the faults in each of the phases leads to this; a kind of None is success."""

    phases: tuple[str, ...]
    faults: tuple[str, ...]
    kind: ErrorKind | None
    fate: Fate
    after: After
    relay: Relay = Relay.NOTHING


REFUSALS: Final = ("5xx", "5xx in several lines")
SILENCES: Final = ("time-out", "close", "close within a reply", "garbage", "endless trickle")
SLOW: Final = ("slow, but in time",)
EVERYWHERE: Final = ("4xx", *REFUSALS, "421", *SILENCES, *SLOW)

UNREACHABLE: Final = ("connect",)
OPENING: Final = ("greeting", "EHLO", "STARTTLS")
AUTH: Final = ("AUTH",)
MAIL: Final = ("MAIL",)
RCPT: Final = ("RCPT",)
DATA: Final = ("DATA",)
MESSAGE: Final = ("message",)
DOT: Final = ("final dot",)
SINCE_MAIL: Final = MAIL + RCPT + DATA + MESSAGE + DOT
PHASES: Final = OPENING + AUTH + SINCE_MAIL
BETWEEN: Final = MAIL + RCPT + DATA + DOT
"""Where a reply is awaited, so that what follows it is in step."""

TABLE: Final = (
    # Before MAIL it is the relay's trouble, whatever is said.
    Row(UNREACHABLE, ("refused",), ErrorKind.CONNECTION, Fate.WAITS, After.NEVER_OPEN,
        Relay.COUNTS),
    Row(OPENING, ("4xx", *REFUSALS, "421", *SILENCES), ErrorKind.CONNECTION, Fate.WAITS,
        After.CLOSED, Relay.COUNTS),
    Row(("STARTTLS",), ("untrusted certificate",), ErrorKind.CONNECTION, Fate.WAITS, After.CLOSED,
        Relay.COUNTS),
    # What only an operator can mend; a relay that cannot look us up for now says 4xx.
    Row(AUTH, (*REFUSALS, "535", "454 4.7.0"), ErrorKind.RELAY_AUTH, Fate.WAITS, After.CLOSED,
        Relay.LEFT_ALONE),
    Row(AUTH, ("4xx", "421", *SILENCES), ErrorKind.CONNECTION, Fate.WAITS, After.CLOSED,
        Relay.COUNTS),
    # From MAIL on the message was offered: an attempt.
    Row(BETWEEN, ("4xx",), ErrorKind.TEMPORARY, Fate.RETRIED, After.RESET),
    Row(MAIL, REFUSALS, ErrorKind.SENDER, Fate.DEAD, After.RESET),
    Row(RCPT + DATA + DOT, REFUSALS, ErrorKind.POLICY, Fate.DEAD, After.RESET),
    Row(RCPT, ("550 5.1.1",), ErrorKind.RECIPIENT, Fate.DEAD, After.RESET),
    Row(DATA + DOT, ("552 5.3.4",), ErrorKind.CONTENT, Fate.DEAD, After.RESET),
    # A refusal while the message is being written: the rest of it can only be cut off.
    Row(MESSAGE, ("4xx",), ErrorKind.TEMPORARY, Fate.RETRIED, After.CLOSED),
    Row(MESSAGE, REFUSALS, ErrorKind.POLICY, Fate.DEAD, After.CLOSED),
    Row(SINCE_MAIL, ("421",), ErrorKind.RATE_LIMITED, Fate.WAITS_ONCE, After.CLOSED, Relay.RESTS),
    Row(BETWEEN, ("530",), ErrorKind.RELAY_AUTH, Fate.WAITS, After.CLOSED, Relay.LEFT_ALONE),
    Row(RCPT, ("554 Relay access denied",), ErrorKind.RELAY_AUTH, Fate.WAITS, After.CLOSED,
        Relay.LEFT_ALONE),
    Row(BETWEEN, ("502",), ErrorKind.CONNECTION, Fate.RETRIED, After.CLOSED),
    Row(MAIL + RCPT + DATA + MESSAGE, SILENCES, ErrorKind.CONNECTION, Fate.RETRIED, After.CLOSED),
    # After the last octet only the relay knows whether it has the message.
    Row(DOT, SILENCES, ErrorKind.AMBIGUOUS, Fate.RETRIED, After.CLOSED),
    Row(PHASES, SLOW, None, Fate.DELIVERED, After.KEPT),
)  # fmt: skip


def markdown(table: Sequence[Row] = TABLE) -> str:
    """The table as the documentation shows it, between its marks."""
    return BEGIN + "".join(f"{line}\n" for line in _lines(table)) + END


def _lines(table: Sequence[Row]) -> Iterator[str]:
    yield "| phase | fault | kind | message | connection | relay |"
    yield "|---|---|---|---|---|---|"
    for row in table:
        phases = "any" if row.phases == PHASES else ", ".join(row.phases)
        kind = "-" if row.kind is None else f"`{row.kind}`"
        yield f"| {phases} | {_told(row)} | {kind} | {row.fate} | {row.after} | {row.relay} |"


def _told(row: Row) -> str:
    """Variants of one fault are told once."""
    faults = ", ".join(row.faults)
    return faults.replace(", ".join(REFUSALS), "5xx").replace(", ".join(SILENCES), "no reply")


def shown(page: str) -> str:
    """The table that a page shows; empty where it has none."""
    _, begin, rest = page.partition(BEGIN)
    table, end, _ = rest.partition(END)
    return begin + table + end


def rewritten(page: str) -> str:
    """The page with the table as it is now; ValueError where it has no place for one."""
    if not (old := shown(page)):
        raise ValueError(f"no place for the table: {BEGIN.strip()} … {END.strip()}")
    return page.replace(old, markdown())
