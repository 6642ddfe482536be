"""A transaction that is to be seen in its message's trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from app.domain.smtp import Phase
from app.relay.dialogue import Transaction

if TYPE_CHECKING:
    from app.relay.outcome import Outcome
    from app.telemetry.tracing import Steps

_STEPS: Final = {
    Phase.MAIL: "envelope",
    Phase.RCPT: "envelope",
    Phase.DATA: "message",
    Phase.BODY: "message",
    Phase.FINAL: "final reply",
}


class Watched(Transaction):
    """Tells each step that its phases come to; a step is no single command."""

    def __init__(self, steps: Steps, *what: Any, **more: Any) -> None:
        self._steps = steps
        super().__init__(*what, **more)

    @override
    async def run(self) -> Outcome:
        try:
            return await super().run()
        finally:
            self._steps.over()

    @property  # type: ignore[explicit-override]  # mypy wants it on the setter, and takes none there
    @override
    def _phase(self) -> Phase:
        return self._at

    @_phase.setter
    def _phase(self, phase: Phase) -> None:
        self._at = phase
        self._steps.reached(_STEPS[phase])
