"""The name a relay gives a message it took, as its last reply states it."""

from __future__ import annotations

import re
from typing import Final

# What servers write after their 250. In order: Postfix, Sendgrid and others; Exim; Exchange and
# Microsoft 365 as an MX; sendmail; Gmail; Amazon SES, Microsoft 365's submission and others that
# give the bare id.
_FORMS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"queued as[: ]+<?([\w.+=@/-]{4,200})",
        r"\bid=<?([\w.+=@/-]{4,200})",
        r"InternalId=(\d{4,40})",
        r"^(\w{8,40}) message accepted",
        r"^ok +(\d{8,12} [\w.+-]{8,100}) - gsmtp",
        r"^ok[: ]+<?([\w.+=@/-]{12,200})>?(?: \[hostname=[^\]]*\])?$",
    )
)


def relay_id(text: str) -> str | None:
    """The id in the text of a 250 (without its codes); None where there is none to see."""
    text = text.strip()
    for form in _FORMS:
        if found := form.search(text):
            return found[1]
    return None
