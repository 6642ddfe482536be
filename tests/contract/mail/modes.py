"""The ways in which a message may be put to a relay, by what the relay offers."""

from __future__ import annotations

from typing import Final

from tests.support.smtp_server import CHUNKING, FEATURES


def _stepwise(features: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(each for each in features if each != "PIPELINING")


IN_ONE_FLIGHT: Final = "one flight"
IN_CHUNKS: Final = "chunk by chunk"

MODES: Final = {
    "pipelining": FEATURES,
    "step by step": _stepwise(FEATURES),
    IN_ONE_FLIGHT: CHUNKING,
    IN_CHUNKS: _stepwise(CHUNKING),
}


def modes_of(phase: str) -> tuple[str, ...]:
    """Those in which it differs: they begin with MAIL, and with CHUNKING there is no DATA."""
    match phase:
        case "connect" | "greeting" | "EHLO" | "STARTTLS" | "AUTH":
            return ("pipelining",)
        case "DATA":
            return tuple(mode for mode in MODES if not in_chunks(mode))
        case _:
            return tuple(MODES)


def in_chunks(mode: str) -> bool:
    """By BDAT, that is."""
    return "CHUNKING" in MODES[mode]
