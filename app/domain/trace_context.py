"""The W3C trace context that a record carries in its headers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from app.domain.record import Headers

TRACEPARENT: Final = "traceparent"
TRACESTATE: Final = "tracestate"
NAMES: Final = frozenset({TRACEPARENT, TRACESTATE})

# Version 00 ends there; what a later one adds is cut off, as the standard asks.
_PARENT: Final = re.compile(
    rb"(?:00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}"
    rb"|(?!00|ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?)"
)
_LONGEST: Final = 512


def carried(headers: Headers) -> Headers:
    """`traceparent` and `tracestate`, the last of each; none of them where the first is no such."""
    if not headers:
        return ()
    found = {name: value for name, value in headers if name in NAMES}
    parent = found.get(TRACEPARENT)
    if not parent or len(parent) > _LONGEST or not _PARENT.fullmatch(parent):
        return ()
    state = found.get(TRACESTATE)
    if not state or len(state) > _LONGEST:
        return ((TRACEPARENT, parent),)
    return ((TRACEPARENT, parent), (TRACESTATE, state))
