"""Suppressions as the worker's screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from app.domain.address_digest import raw_digest
from app.domain.outcome import ErrorKind, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from app.domain.clock import WallClock
    from app.domain.job import MailJob
    from app.state.suppressed import Suppressed

_NOBODY: Final[Mapping[str, Verdict]] = {}


class SuppressionScreen:
    """`app.domain.screen.Screen`: withholds mail from addresses that are suppressed.

    An address that bounces is suppressed at once, for `ttl_s` seconds, so that what is already in
    the pool does not go there either.
    """

    def __init__(self, known: Suppressed, *, ttl_s: float, clock: WallClock) -> None:
        self._known = known
        self._ttl_ms = round(ttl_s * 1000)
        self._clock = clock

    async def withhold(self, job: MailJob) -> Mapping[str, Verdict]:
        if not self._known:
            return _NOBODY
        return {
            verdict.address: verdict
            for recipient in job.recipients
            if (verdict := self._verdict(recipient.spec))
        }

    async def judged(self, job: MailJob, verdicts: Sequence[Verdict]) -> None:
        del job
        for verdict in verdicts:
            if verdict.suppress:
                until = self._clock() + self._ttl_ms
                self._known.bounced(raw_digest(verdict.address), until)

    def _verdict(self, address: str) -> Verdict | None:
        digest = raw_digest(address)
        if not self._known.holds(digest):
            return None
        why = "by hand" if self._known.is_manual(digest) else "since mail to it bounced"
        return Verdict(
            address,
            ErrorKind.SUPPRESSED,
            permanent=True,
            detail=f"the address is suppressed {why}",
        )
