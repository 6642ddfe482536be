"""Every fault that a check knows, planted into facts that are well without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.planted import (
    brokers,
    cluster,
    domains,
    group,
    relays,
    rights,
    settings,
    state,
    templates,
    topics,
)
from tests.support.planted.planting import Planting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from app.domain.finding import Finding

PLANTINGS: tuple[Planting, ...] = (
    *settings.PLANTED,
    *brokers.PLANTED,
    *cluster.PLANTED,
    *rights.PLANTED,
    *topics.PLANTED,
    *group.PLANTED,
    *relays.PLANTED,
    *domains.PLANTED,
    *templates.PLANTED,
    *state.PLANTED,
)
HEALTHY: Mapping[str, Callable[[], list[Finding]]] = {
    "settings": settings.HEALTHY,
    "brokers": brokers.HEALTHY,
    "cluster": cluster.HEALTHY,
    "rights": rights.HEALTHY,
    "topics": topics.HEALTHY,
    "group": group.HEALTHY,
    "relays": relays.HEALTHY,
    "domains": domains.HEALTHY,
    "templates": templates.HEALTHY,
    "state": state.HEALTHY,
}

__all__ = ["HEALTHY", "PLANTINGS", "Planting"]
