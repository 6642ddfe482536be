"""What a relay may do instead of its duty."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from tests.support.smtp_actions import Action, Hang, Leave, Say, Slowly

VERBS: Final = {
    "greeting": "CONNECT",
    "message": "BODY",
    "first chunk": "CHUNK",
    "final dot": "DOT",
}
"""What the scripted server calls a phase, where it is not the phase's own name."""

SAID: Final = {
    "4xx": "451 4.3.0 not now",
    "5xx": "550 5.7.1 never",
    "450 4.2.0": "450 4.2.0 mailbox is busy",
    "greylisted": "451 4.7.1 Greylisted, come back",
    "450 4.7.1": "450 4.7.1 too much mail",
    "451 4.7.x": "451 4.7.500 server busy",
    "452 4.3.1": "452 4.3.1 insufficient storage",
    "454 throttled": "454 Throttling failure: Maximum sending rate exceeded.",
    "too many connections": "450 4.3.2 too many concurrent connections",
    "daily quota": "454 Throttling failure: Daily message quota exceeded.",
    "550 5.4.5": "550 5.4.5 limit exceeded",
    "452 4.5.3": "452 4.5.3 too many recipients",
    "450 5.1.1": "450 5.1.1 no such user",
    "530": "530 5.7.0 authentication required",
    "534": "534 5.7.9 mechanism too weak",
    "535": "535 5.7.8 bad credentials",
    "454 4.7.0": "454 4.7.0 temporary authentication failure",
    "500": "500 what?",
    "502": "502 what?",
    "503": "503 not now",
    "504": "504 not so",
    "550 5.1.1": "550 5.1.1 no such user",
    "550 4.1.1": "550 4.1.1 no such user",
    "550 5.1.6": "550 5.1.6 has moved",
    "550 5.1.10": "550 5.1.10 null mx",
    "550 5.2.1": "550 5.2.1 mailbox disabled",
    "550": "550 no",
    "550 5.1.2": "550 5.1.2 no such host",
    "550 5.1.3": "550 5.1.3 bad address",
    "552 5.2.2": "552 5.2.2 mailbox full",
    "551": "551 not here",
    "553": "553 no such name",
    "553 5.7.1": "553 5.7.1 sender not owned by you",
    "550 5.1.7": "550 5.1.7 bad sender",
    "550 5.1.8": "550 5.1.8 bad sender's domain",
    "550 5.7.27": "550 5.7.27 sender has a null mx",
    "552": "552 too large",
    "552 5.3.4": "552 5.3.4 too large",
    "550 5.2.3": "550 5.2.3 too long",
    "554 5.5.4": "554 5.5.4 bad header",
    "554 5.6.0": "554 5.6.0 virus found",
    "550 Relay access denied": "550 5.7.1 Relay access denied",
    "554 Relay access denied": "554 5.7.1 Relay access denied",
}


FAULTS: Final[dict[str, Action]] = {
    **{fault: Say(words) for fault, words in SAID.items()},
    "5xx in several lines": Say("550-5.7.1 never,\r\n550-5.7.1 really,\r\n550 5.7.1 never"),
    "421": Say("421 4.3.2 bye", leave=True),
    "time-out": Hang(),
    "close": Leave(),
    "close within a reply": Say(b"550-5.7.1 nev", leave=True),
    "reset": Leave(reset=True),
    "garbage": Say(b"\x00\xff\x16\x03 hello\r\n"),
    "out of place": Say("350 what now?"),
    "endless line": Say(b"250 " + b"x" * 9_000),
    "endless trickle": Say(b"250-" + b"x" * 8_000, drip=0.01),
    "slow, but in time": Slowly(),
}
OUT_OF_PLACE_AT_DATA: Final = Say("250 done")
PASSING: Final = {"time-out", "endless trickle"}
"""Those that end only with the patience of who waits."""


def action_at(phase: str, fault: str) -> Action:
    """The fault as it looks there."""
    at_data = phase == "DATA" and fault == "out of place"
    return OUT_OF_PLACE_AT_DATA if at_data else FAULTS[fault]


@dataclass(frozen=True)
class Pause:
    """Go on as usual after a moment."""

    seconds: float = 0.05

    async def perform(self, session: object) -> None:
        await asyncio.sleep(self.seconds)
