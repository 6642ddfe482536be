"""Parts of which one follows the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.telemetry.in_hand import AnyPart
    from app.telemetry.tracing.mail_trace import MailTrace


class Steps:
    """May be told from anywhere, not only by the task that has the message in hand."""

    __slots__ = ("_name", "_part", "_trace")

    def __init__(self, trace: MailTrace) -> None:
        self._trace = trace
        self._name = ""
        self._part: AnyPart | None = None

    def reached(self, name: str) -> None:
        """The step before is over, unless it has this name too."""
        if name != self._name:
            self.over()
            self._name = name
            self._part = self._trace.part(name, {})
            self._part.__enter__()

    def over(self) -> None:
        """The last one is, too."""
        if self._part is not None:
            self._part.__exit__(None, None, None)
            self._part = None
