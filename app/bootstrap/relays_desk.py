"""The relays as the ops calls ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ops.problems import Problem
from app.ops.stats import RelayNumbers

if TYPE_CHECKING:
    from app.relay import Relays


class ServiceRelays:
    """`app.ops.relaying.RelaysDesk` over the service's relays."""

    def __init__(self, relays: Relays) -> None:
        self._relays = relays

    def of(self, name: str) -> RelayNumbers:
        """How it is now."""
        states = {state.name: state for state in self._relays.states()}
        if name not in states:
            known = ", ".join(states)
            raise Problem(404, f"there is no relay of this name; there are: {known}")
        return RelayNumbers.model_validate(states[name])

    def reset(self, name: str) -> None:
        """Close its breaker and end its rest."""
        self._relays.reset(name)

    def pause(self, name: str) -> None:
        """Until `resume`; it outlives no restart."""
        self._relays.pause(name)

    def resume(self, name: str) -> None:
        """Undo `pause`."""
        self._relays.resume(name)
