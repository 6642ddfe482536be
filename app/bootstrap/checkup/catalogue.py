"""Every fault that a check knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.bootstrap.checkup import (
    brokers,
    cluster,
    contradictions,
    domains,
    group,
    relays,
    rights,
    rounds,
    state,
    templates,
    topics,
)

if TYPE_CHECKING:
    from app.domain.finding import Fault

FAULTS: Final[tuple[Fault, ...]] = (
    *contradictions.FAULTS,
    *brokers.FAULTS,
    *cluster.FAULTS,
    *rights.FAULTS,
    *topics.FAULTS,
    *group.FAULTS,
    *relays.FAULTS,
    *domains.FAULTS,
    *templates.FAULTS,
    *state.FAULTS,
)
ANYWHERE: Final[tuple[Fault, ...]] = rounds.FAULTS
