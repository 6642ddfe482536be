"""The traces of the messages inside the pool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from app.telemetry.in_hand import in_hand
from app.telemetry.tracing import Tracing

if TYPE_CHECKING:
    from app.domain.claim import Claim
    from app.domain.job import Hop, MailJob, Refused
    from app.domain.record import Origin
    from app.telemetry.tracing import MailTrace


class Traces:
    """From being submitted to having an outcome; holds nothing while tracing is off."""

    def __init__(self, tracing: Tracing | None = None) -> None:
        self._tracing = tracing or Tracing()
        self._traces: dict[Claim, MailTrace] = {}

    def begin(self, item: MailJob | Refused | Hop) -> MailTrace | None:
        """A job's is kept until `end`."""
        return self._tracing.begin(item) if self._tracing.on else None

    def keep(self, job: MailJob) -> None:
        """It was submitted."""
        if (trace := self.begin(job)) is not None:
            self._traces[job.claim] = trace

    def working(self, job: MailJob) -> in_hand:
        """To be entered while a worker has this job."""
        if not self._traces:
            return in_hand(job.trail.origin)
        return _Working(job.trail.origin, self._traces.get(job.claim))

    def end(self, claim: Claim) -> MailTrace | None:
        """That of a message which has an outcome."""
        return self._traces.pop(claim, None) if self._traces else None


class _Working(in_hand):
    """A worker has the job in hand, after it has waited for one."""

    __slots__ = ("_trace",)

    def __init__(self, origin: Origin, trace: MailTrace | None) -> None:
        super().__init__(origin, trace)
        self._trace = trace

    @override
    def __enter__(self) -> None:
        super().__enter__()
        if self._trace is not None:
            self._trace.waited()

    @override
    def __exit__(self, *_: object) -> None:
        if self._trace is not None:
            self._trace.let_go()
        super().__exit__()
