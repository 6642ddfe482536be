"""Every fault that a check knows, planted into facts that are well without it."""

from tests.support.planted import (
    brokers,
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

PLANTINGS: tuple[Planting, ...] = (
    *settings.PLANTED,
    *brokers.PLANTED,
    *rights.PLANTED,
    *topics.PLANTED,
    *group.PLANTED,
    *relays.PLANTED,
    *domains.PLANTED,
    *templates.PLANTED,
    *state.PLANTED,
)
HEALTHY = {
    "settings": settings.HEALTHY,
    "brokers": brokers.HEALTHY,
    "rights": rights.HEALTHY,
    "topics": topics.HEALTHY,
    "group": group.HEALTHY,
    "relays": relays.HEALTHY,
    "domains": domains.HEALTHY,
    "templates": templates.HEALTHY,
    "state": state.HEALTHY,
}

__all__ = ["HEALTHY", "PLANTINGS", "Planting"]
