"""A mail's header and body in DKIM's relaxed form, which survives what relays do (RFC 6376 3.4)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from app.composer.headers import FOLD

if TYPE_CHECKING:
    from collections.abc import Mapping

_SPACES: Final = re.compile("[ \t]+")


def relaxed_header(head: str) -> Mapping[str, str]:
    """Each field as `name:value` without its line end, by lower-case name.

    `head` is header lines as the composer writes them: no field twice, folded by CRLF and space.
    """
    fields = {}
    for line in head.replace(FOLD, " ").split("\r\n"):
        name, _, value = line.partition(":")
        lower = name.lower()
        fields[lower] = f"{lower}:{_SPACES.sub(' ', value).strip(' ')}"
    return fields


def relaxed_body(body: bytes) -> bytes:
    """`body` has CRLF line ends, one at its end."""
    # Most lines of a mail have nothing to mend; `replace` finds out faster than an expression.
    if b"\t" in body:
        body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    if b" \r\n" in body:
        body = body.replace(b" \r\n", b"\r\n")
    if body.endswith(b"\r\n\r\n") or body == b"\r\n":
        body = body.rstrip(b"\r\n")
        return body + b"\r\n" if body else body
    return body
