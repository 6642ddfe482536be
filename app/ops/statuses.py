"""HTTP's status codes in words."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

# The standard library says these since Python 3.13; what is answered must not depend on that.
_SINCE_RFC_9110: Final = {
    413: "Content Too Large",
    414: "URI Too Long",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}


def in_words(status: int) -> str:
    """As RFC 9110 section 15 names it."""
    return _SINCE_RFC_9110.get(status) or HTTPStatus(status).phrase
