"""SPF records (RFC 7208), as far as they can be judged without an address that sends."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_LOOKUPS: Final = 10
"""RFC 7208 section 4.6.4."""

_TERM: Final = re.compile(r"([-+~?]?)([a-z][a-z0-9._-]*)(?:([:=/])(.*))?", re.IGNORECASE)
_ASKING: Final = frozenset(("include", "a", "mx", "ptr", "exists"))
_MECHANISMS: Final = _ASKING | {"all", "ip4", "ip6"}
_VERSIONS: Final = {"ip4": 4, "ip6": 6}
_NEED_VALUE: Final = frozenset(("include", "exists", "ip4", "ip6"))


def is_spf(record: str) -> bool:
    """Whether a TXT record is one."""
    return record.lower() == "v=spf1" or record.lower().startswith("v=spf1 ")


def flaw(record: str, lookups: int, lacking: Sequence[str] = ()) -> str | None:
    """Why receivers cannot use it.

    `lookups` it leads to, with those of what it includes; of these `lacking` have no record.
    """
    for term in record.split()[1:]:
        if (reason := _flaw_of(term)) is not None:
            return reason
    if lacking:
        return f"{lacking[0]}, which it includes, has no SPF record"
    if lookups > MOST_LOOKUPS:
        return f"it leads to {lookups} look-ups, of which receivers make {MOST_LOOKUPS}"
    return None


def _flaw_of(term: str) -> str | None:
    """Unknown modifiers are ignored (section 6)."""
    match = _TERM.fullmatch(term)
    name, mark, value = ("", "", "") if match is None else (match[2].lower(), match[3], match[4])
    reason = None
    if mark == "=":
        pass
    elif name not in _MECHANISMS:
        reason = "is no mechanism"
    elif name in _NEED_VALUE and not value:
        reason = "names nothing"
    elif name in _VERSIONS and not _is_network(value, _VERSIONS[name]):
        reason = "is no network"
    return reason and f"{term!r} {reason}"


def sends_none(record: str) -> bool:
    """Whether it lets nobody send."""
    return [term.lower() for term in record.split()[1:]] == ["-all"]


def is_open(record: str) -> bool:
    """Whether it lets everybody send."""
    return any(term.lower() in {"all", "+all"} for term in record.split()[1:])


def asks(record: str) -> int:
    """How many look-ups it needs itself."""
    return sum(
        1
        for term in record.split()[1:]
        if (match := _TERM.fullmatch(term))
        and (match[2].lower() in _ASKING or (match[2].lower(), match[3]) == ("redirect", "="))
    )


def includes(record: str) -> list[str]:
    """The domains whose records it takes in; those with macros depend on the mail."""
    return [
        match[4]
        for term in record.split()[1:]
        if (match := _TERM.fullmatch(term))
        and (match[2].lower(), match[3]) in {("include", ":"), ("redirect", "=")}
        and "%" not in match[4]
    ]


def tags(record: str) -> dict[str, str]:
    """`v=DMARC1; p=none` by tag, as DKIM and DMARC write it (RFC 6376 section 3.2)."""
    pairs = (each.partition("=") for each in record.split(";") if each.strip())
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _is_network(text: str, version: int) -> bool:
    try:
        return ipaddress.ip_network(text, strict=False).version == version
    except ValueError:
        return False
