"""How a handler says "not now"."""

from __future__ import annotations

from app.flow.checks import require_not_negative


class Postpone(Exception):
    """Raised by a handler: park this job again for `seconds`.

    The job keeps its place in buffer and bytes, has no outcome yet, and the attempt is not
    counted. ValueError for a negative or infinite time.
    """

    def __init__(self, seconds: float) -> None:
        require_not_negative("seconds", seconds)
        super().__init__(seconds)
        self.seconds = float(seconds)
