"""How the relay of a run behaves, and what it wrote down; shared by its process and its users."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Self

import orjson


@dataclass(frozen=True, slots=True)
class Conduct:
    """Shares of the mails, 0 to 1; without any it is a good relay.

    `slow`: the final reply comes up to `delay_s` later. `refuse`: answered with a 4xx or a 5xx, as
    `for_good` says in which part of them. `drop`: the connection ends after the final dot, before
    any reply. `cut`: it ends amid the reply.

    `per_second`: what comes above this rate, a number and no share, is answered 451 4.7.1; up to
    `burst` mails come at once.
    """

    slow: float = 0.0
    delay_s: float = 0.0
    refuse: float = 0.0
    for_good: float = 0.5
    drop: float = 0.0
    cut: float = 0.0
    per_second: float | None = None
    burst: float = 5.0

    def encoded(self) -> bytes:
        return orjson.dumps(asdict(self))

    @classmethod
    def decoded(cls, text: bytes) -> Self:
        return cls(**orjson.loads(text))


class Fate(StrEnum):
    """What the relay did with a mail.

    ACCEPTED: it said 250, or was about to. UNANSWERED: it may have it, and told nobody. REFUSED,
    DEFERRED and, because it limits itself, LIMITED: it has it not. UNSURE is written besides, for
    the last mail of a connection that the relay ended: the 250 may not have got there.
    """

    ACCEPTED = "A"
    UNANSWERED = "N"
    REFUSED = "R"
    DEFERRED = "D"
    LIMITED = "L"
    UNSURE = "U"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the relay's record. `at` is of the monotonic clock, which processes share.

    `life`: the name the client greeted with.
    """

    at: float
    fate: Fate
    id: str
    life: str

    @classmethod
    def parse(cls, line: bytes) -> Self:
        at, fate, mail, life = line.decode().split()
        return cls(float(at), Fate(fate), mail, life)
