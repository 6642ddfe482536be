"""Which headers a producer may add to its mail."""

from __future__ import annotations

import re
from typing import Final

# RFC 5322 2.2: printable ASCII without the colon; nobody needs more than 100.
NAME: Final = re.compile(r"[!-9;-~]{1,100}")
STRUCTURAL: Final = frozenset(
    ("from", "to", "cc", "bcc", "subject", "sender", "return-path", "received")
)
STRUCTURAL_PREFIXES: Final = ("content-", "mime-", "dkim-", "resent-")


def is_header_name(name: str) -> bool:
    return NAME.fullmatch(name) is not None


def is_structural(name: str) -> bool:
    """Whether the header follows from the message's own fields, so that none may be added."""
    lower = name.lower()
    return lower in STRUCTURAL or lower.startswith(STRUCTURAL_PREFIXES)
