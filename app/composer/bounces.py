"""The envelope sender, to which bounces go (RFC 5321's reverse-path)."""

from __future__ import annotations

import re
from typing import Final

from app.domain.addresses import MAX_LOCAL, parse_address
from app.domain.errors import InvalidMessage

_PLACE: Final = "{id}"
_ATOMS: Final = re.compile(r"[\w-]+(?:\.[\w-]+)*", re.ASCII)
_LONGEST_SUBSTITUTE: Final = 32


class BounceAddress:
    """EMAIL_ENVELOPE_FROM: `<>`, an address, or one in whose local part `{id}` stands once."""

    def __init__(self, pattern: str) -> None:
        """Raises `ValueError`, naming the variable, for anything else."""
        if pattern == "<>":
            self._before, self._after, self._by_id = "", "", False
            return
        local, _, domain = pattern.rpartition("@")
        before, place, after = local.partition(_PLACE)
        try:
            # With the longest that may come to stand there, so that the length is checked too.
            example = parse_address(
                f"{before}{'x' * _LONGEST_SUBSTITUTE if place else ''}{after}@{domain}", ""
            )
        except InvalidMessage as error:
            raise _refusal(pattern, error.reason) from error
        if example.name or not example.local.isascii() or "{" in before + after:
            raise _refusal(
                pattern, "must be an ASCII address without a name, with one {id} at most"
            )
        self._before, self._after = before, f"{after}@{example.domain}"
        self._by_id = bool(place)

    def of(self, message_id: str, substitute: str) -> str:
        """The address for one message; `substitute` (at most 32 characters) for an unfit id."""
        if not self._by_id:
            return self._before + self._after
        room = MAX_LOCAL - len(self._before) - self._after.index("@")
        fits = len(message_id) <= room and _ATOMS.fullmatch(message_id)
        return f"{self._before}{message_id if fits else substitute}{self._after}"


def _refusal(pattern: str, reason: str) -> ValueError:
    return ValueError(
        f"EMAIL_ENVELOPE_FROM: {pattern!r} {reason}; like bounce+{_PLACE}@example.com, or <>"
    )
