"""How long each phase of a dialogue may take."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import Final

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, by phase; the defaults are those of RFC 5321 4.5.3.2, `connect` apart.

    `connect` counts for each address of the host, `greeting` for each reply up to and including
    AUTH and for the TLS handshake, `block` for each piece of the body, `dot` for the final reply.
    """

    connect: float = 10.0
    greeting: float = 60.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    block: float = 180.0
    dot: float = 600.0

    def __post_init__(self) -> None:
        for field in fields(self):
            if not getattr(self, field.name) > 0:
                raise ValueError(f"{field.name}: a time-out must be above 0 s")

    @classmethod
    def parse(cls, text: str) -> Timeouts:
        """Read `connect=10s,dot=10m`; what is not named keeps its default.

        Raises:
            ValueError: an unknown phase or something that is no duration, naming what is allowed.
        """
        known = [field.name for field in fields(cls)]
        given: dict[str, float] = {}
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            phase, _, value = (piece.strip() for piece in part.partition("="))
            if phase not in known:
                raise ValueError(f"{phase!r} is no phase; allowed: {', '.join(known)}")
            match = _DURATION.fullmatch(value)
            if match is None:
                raise ValueError(f"{phase}: {value!r} is no duration; allowed: like 500ms, 10s, 5m")
            given[phase] = float(match[1]) * _UNITS[match[2]]
        return replace(cls(), **given)
