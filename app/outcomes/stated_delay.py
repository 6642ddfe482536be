"""The wait that a relay states in the words of its reply."""

from __future__ import annotations

import re
from typing import Final

LONGEST_S: Final = 3600.0
"""A relay that states more is asked again after this all the same."""

_LEAD: Final = (
    r"(?:(?:again|back|later|retry|resend|reconnect|deliver)\s+(?:in|after|at least)"
    r"|wait(?:ing)?(?:\s+(?:for|at\s+least))?"
    r"|retry[-_ ]?after[:=]?"
    r"|(?:gr[ae]y[- ]?list(?:ed|ing)?|blocked|deferred|limited|throttled)\s+for)"
)
_FILLER: Final = r"\s*(?:at\s+least\s+|about\s+|another\s+)?"
_CLOCK: Final = re.compile(rf"{_LEAD}{_FILLER}(\d{{1,2}}):(\d{{2}}):(\d{{2}})\b", re.IGNORECASE)
_AMOUNT: Final = re.compile(
    rf"{_LEAD}{_FILLER}(\d{{1,6}})\s*"
    r"(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)?\b(?![-:.]\d)",
    re.IGNORECASE,
)
_UNIT_S: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def stated_delay(text: str) -> float | None:
    """Seconds, at most `LONGEST_S`, or None where none is stated; a bare number is seconds."""
    if clock := _CLOCK.search(text):
        hours, minutes, seconds = map(int, clock.groups())
        found = hours * 3600 + minutes * 60 + seconds
    elif amount := _AMOUNT.search(text):
        found = int(amount[1]) * _UNIT_S[(amount[2] or "s")[0].lower()]
    else:
        return None
    return min(float(found), LONGEST_S) if found else None
