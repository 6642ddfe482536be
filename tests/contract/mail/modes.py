"""The ways in which a message may be put to a relay, by what the relay offers."""

from __future__ import annotations

from typing import Final

from tests.support.smtp_server import FEATURES

MODES: Final = {
    "pipelining": FEATURES,
    "step by step": tuple(each for each in FEATURES if each != "PIPELINING"),
}
