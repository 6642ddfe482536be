"""Whether the store that instances share answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.domain.finding import Area, Fault, Verdict, well

if TYPE_CHECKING:
    from app.domain.finding import Finding

AWAY: Final = Fault(
    Area.STATE,
    "store_unreachable",
    Verdict.PROBLEM,
    "does not answer as it should: {reason}",
    "Mail flows all the same, but duplicates are not recognised, and rates are kept by each "
    "instance for itself.",
    "Compare STATE_URL with the server's address, user and password, and look whether it runs.",
)
SLOW: Final = Fault(
    Area.STATE,
    "store_slow",
    Verdict.WARNING,
    "takes {ms:.0f} ms to answer",
    "It is asked for each mail, and given up after {most:.0f} ms.",
    "Bring it nearer to the instances, or look what else it is busy with.",
)

FAULTS: Final = (AWAY, SLOW)

_SLOW_S: Final = 0.05
GIVEN_UP_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class StateFacts:
    """`seconds` that an answer took, or the `trouble` there was."""

    name: str
    seconds: float = 0.0
    trouble: str | None = None


def judge_state(facts: StateFacts) -> list[Finding]:
    """Whether it answers, and quickly."""
    if facts.trouble is not None:
        return [AWAY.found(facts.name, reason=facts.trouble)]
    if facts.seconds > _SLOW_S:
        return [SLOW.found(facts.name, ms=facts.seconds * 1000, most=GIVEN_UP_S * 1000)]
    return [well(Area.STATE, facts.name, f"answers in {facts.seconds * 1000:.1f} ms")]
