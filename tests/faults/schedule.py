"""When a run is struck: drawn from its seed before it begins, so that a seed replays it."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

# The last part of the mails is left for what the last fault stirred up.
STRUCK = 0.9
PAUSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault: once `after` mails are at the relay, and `pause_s` later.

    `member`: which one, counted round. `early`: also when that one is not at work again after the
    last fault. `dice`: what else a scenario leaves to chance, 0 to 1.
    """

    after: int
    pause_s: float
    member: int
    early: bool
    dice: float


def schedule(seed: int, strikes: int, mails: int) -> tuple[Strike, ...]:
    """At random moments of the work, in order."""
    rng = Random(seed)
    moments = sorted(rng.randrange(1, max(2, round(mails * STRUCK))) for _ in range(strikes))
    return tuple(
        Strike(
            moment,
            rng.uniform(0, PAUSE_S),
            rng.randrange(1 << 16),
            rng.random() < 0.1,
            rng.random(),
        )
        for moment in moments
    )
