"""The ways in which a message may be put to a relay, by what the relay offers."""

from __future__ import annotations

from typing import Final

from tests.support.smtp_server import FEATURES

MODES: Final = {
    "pipelining": FEATURES,
    "step by step": tuple(each for each in FEATURES if each != "PIPELINING"),
}


def modes_of(phase: str) -> tuple[str, ...]:
    """Those in which it differs: they begin with MAIL."""
    before_mail = phase in {"connect", "greeting", "EHLO", "STARTTLS", "AUTH"}
    return ("pipelining",) if before_mail else tuple(MODES)
